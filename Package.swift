// swift-tools-version: 6.2
import PackageDescription

// The rooms of Apus and which may depend on which. Rooms of one rank never import each other; the compiler holds the
// layers, because a target sees only the dependencies listed here.

/// Set by the wheel build: links OpenBLAS and LAPACKE statically, so that the wheel carries a private copy.
let staticBLAS = Context.environment["APUS_STATIC_BLAS"] == "1"

let blasLibraries: [LinkerSetting] =
  staticBLAS
  ? [
    .linkedLibrary(":liblapacke.a"), .linkedLibrary(":libopenblas.a"), .linkedLibrary(":libgfortran.a"),
    .linkedLibrary(":libquadmath.a"), .linkedLibrary("m"), .linkedLibrary("pthread"),
  ]
  : [.linkedLibrary("lapacke"), .linkedLibrary("openblas"), .linkedLibrary("m")]

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let realModule: Target.Dependency = .product(name: "RealModule", package: "swift-numerics")

func room(_ name: String, _ dependencies: [Target.Dependency], linker: [LinkerSetting] = []) -> Target {
  .target(
    name: name, dependencies: dependencies, swiftSettings: strict, linkerSettings: linker)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.target(name: name)] + dependencies, swiftSettings: strict)
}

let package = Package(
  name: "Apus",
  products: [
    .library(name: "Apus", targets: ["Apus"]),
    .library(name: "apus-c", type: .dynamic, targets: ["ApusC"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1")
  ],
  targets: [
    .systemLibrary(name: "COpenBLAS", path: "Sources/COpenBLAS"),
    .systemLibrary(name: "CApus", path: "include"),
    .systemLibrary(name: "CSIMD", path: "Sources/CSIMD"),
    .systemLibrary(name: "CMemory", path: "Sources/CMemory"),
    room("ApusNumerics", ["COpenBLAS", "CSIMD", realModule], linker: blasLibraries),
    room("ApusStatistics", ["ApusModels", "ApusNumerics", "CSIMD", realModule]),
    room("ApusModels", ["ApusNumerics"]),
    room("ApusLinear", ["ApusModels", "ApusNumerics", "ApusStatistics", "CSIMD", realModule]),
    room("ApusDecomposition", ["ApusModels", "ApusNumerics", "CSIMD", realModule]),
    room("ApusTrees", ["ApusModels", "ApusNumerics", "CMemory", "CSIMD", realModule]),
    room("ApusAutograd", ["ApusNumerics", "CSIMD", realModule]),
    room("ApusNN", ["ApusAutograd", "ApusModels", "ApusNumerics", "CSIMD", realModule]),
    room(
      "Apus",
      [
        "ApusAutograd", "ApusDecomposition", "ApusLinear", "ApusModels", "ApusNN", "ApusNumerics", "ApusStatistics",
        "ApusTrees",
      ]),
    room(
      "ApusC",
      ["Apus", "ApusAutograd", "ApusDecomposition", "ApusModels", "ApusNN", "ApusNumerics", "ApusStatistics", "CApus"]),
    tests(of: "ApusAutograd", ["ApusNumerics"]),
    tests(of: "ApusNN", ["ApusAutograd", "ApusNumerics"]),
    tests(of: "ApusNumerics"),
    tests(of: "ApusModels"),
    tests(of: "ApusLinear", ["ApusModels", "ApusNumerics"]),
    tests(of: "ApusDecomposition", ["ApusModels", "ApusNumerics"]),
    tests(of: "ApusTrees", ["ApusModels", "ApusNumerics"]),
    tests(of: "ApusStatistics", ["ApusModels", "ApusNumerics"]),
  ],
  swiftLanguageModes: [.v6]
)
