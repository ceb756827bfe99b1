import ApusModels

/// What this room offers to the registry.
public enum StatisticsRoom {
  /// All estimators of the room.
  public static let estimators: [any Estimator.Type] = [
    EmpiricalCovariance.self, ShrunkCovariance.self, LedoitWolf.self, OAS.self, MinCovDet.self, EllipticEnvelope.self,
  ]
}
