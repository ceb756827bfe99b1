# Two doors: `make demo` shows the library, `make test` checks it. Both install what is missing. The logic is in Utilities/.
.PHONY: demo test test-long bench wheel docs format lib clean

demo:
	@Utilities/demo.sh

test:
	@Utilities/test.sh

test-long:
	@Utilities/test-long.sh

bench:
	@Utilities/bench.sh

wheel:
	@Utilities/wheel.sh

docs:
	@Utilities/docs.sh

format:
	swift format -i -r Sources Tests Package.swift

# The library in all processor variants, in .build-cmake/lib.
lib:
	@Utilities/build-library.sh

clean:
	rm -rf .build .build-* .venv*
