import ApusModels

/// The estimators of this room.
public enum ApusDecompositionRoom {
  public static let estimators: [any Estimator.Type] = [
    PCA.self, IncrementalPCA.self, KernelPCA.self, TruncatedSVD.self,
  ]
}
