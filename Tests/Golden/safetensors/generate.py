"""Files and numbers that the safetensors reader is tested against.

Made with Python 3.11, numpy 2.4.6, safetensors 0.8.0 and xxhash 4.1.0:
    pip install numpy==2.4.6 safetensors==0.8.0 xxhash==4.1.0 && python generate.py
"""

import json
import pathlib

import numpy as np
import xxhash
from safetensors.numpy import save_file
from safetensors import TensorSpec, serialize_file

here = pathlib.Path(__file__).parent

native = {
    "layers.0.weight": np.arange(6, dtype=np.float32).reshape(2, 3) / 8,
    "layers.0.bias": np.array([np.pi, -0.0, np.inf]),
    "num_batches_tracked": np.array(2**62 + 1),
    "positions": np.array([-(2**31), 2**31 - 1], dtype=np.int32),
    "bytes": np.array([[0, 255]], dtype=np.uint8),
    "mask": np.array([True, False, True]),
    "empty": np.zeros((0, 4), dtype=np.float32),
    "empty.too": np.zeros((2, 0), dtype=np.float32),
    "näme 🦅": np.array([1.0]),
}
save_file(native, here / "native.safetensors", metadata={"note": 'a "quoted" line\nand é'})

# Every bit pattern of the two 16-bit types.
patterns = np.arange(65536, dtype="<u2")
halves = {
    "half": TensorSpec(dtype="float16", shape=[256, 256], data_ptr=patterns.ctypes.data, data_len=patterns.nbytes),
    "brain": TensorSpec(dtype="bfloat16", shape=[65536], data_ptr=patterns.ctypes.data, data_len=patterns.nbytes),
}
serialize_file(halves, here / "halves.safetensors")
# numpy converts binary16 in hardware, which sets the quiet bit of NaNs; their payload is left to the test.
expected = patterns.view("<f2").astype("<f4").view("<u4")
(here / "half-as-float32.hash").write_text(
    xxhash.xxh64(np.where(np.isnan(patterns.view("<f2")), 0, expected).astype("<u4").tobytes()).hexdigest() + "\n")

save_file({"u16": np.array([1, 2], dtype=np.uint16)}, here / "uint16.safetensors")

stream = bytes((i * 2654435761 >> 13) & 255 for i in range(1000))
(here / "xxh64.json").write_text(json.dumps({str(n): xxhash.xxh64(stream[:n]).hexdigest() for n in range(0, 1000, 7)},
                                            indent=0))
