// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "SwiftRegression",
  dependencies: [.package(name: "Apus", path: "../..")],
  targets: [
    .target(name: "ExampleTable", dependencies: [.product(name: "Apus", package: "Apus")])
  ]
    + ["SwiftRegression", "SwiftInference", "SwiftNetwork", "SwiftPCA", "SwiftStatistics", "SwiftForest"].map {
      .executableTarget(name: $0, dependencies: ["ExampleTable", .product(name: "Apus", package: "Apus")])
    }
)
