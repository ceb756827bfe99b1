// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "SwiftRegression",
  dependencies: [.package(name: "Apus", path: "../..")],
  targets: [
    .executableTarget(name: "SwiftRegression", dependencies: [.product(name: "Apus", package: "Apus")]),
    .executableTarget(name: "SwiftInference", dependencies: [.product(name: "Apus", package: "Apus")]),
    .executableTarget(name: "SwiftNetwork", dependencies: [.product(name: "Apus", package: "Apus")]),
    .executableTarget(name: "SwiftPCA", dependencies: [.product(name: "Apus", package: "Apus")]),
    .executableTarget(name: "SwiftStatistics", dependencies: [.product(name: "Apus", package: "Apus")]),
    .executableTarget(name: "SwiftForest", dependencies: [.product(name: "Apus", package: "Apus")]),
  ]
)
