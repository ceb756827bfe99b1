/// Polynomial and rational approximations fitted with mpmath at 60 digits
/// (`Tests/Golden/special-functions/coefficients.py`), each with a relative error of at most 7e-17.
package enum NormalApproximations {
  /// (1 + 2x) erfcx(x) for x ≥ 0 as a polynomial in y = (x − 3.5) / (x + 3.5).
  @inline(__always)
  static func scaledErfc<V: Lanes>(_ y: V) -> V {
    var sum = V(splat: 2.0760062849604081e-10)
    sum = V.multiplyAdd(sum, y, -8.959184821210767e-11)
    sum = V.multiplyAdd(sum, y, -2.4632462765593548e-09)
    sum = V.multiplyAdd(sum, y, 5.979432867579923e-10)
    sum = V.multiplyAdd(sum, y, 1.7193001966372446e-08)
    sum = V.multiplyAdd(sum, y, -7.45817631914215e-10)
    sum = V.multiplyAdd(sum, y, -1.0207806460997094e-07)
    sum = V.multiplyAdd(sum, y, -6.483918904720693e-09)
    sum = V.multiplyAdd(sum, y, 6.072618439196945e-07)
    sum = V.multiplyAdd(sum, y, -4.512688185670553e-08)
    sum = V.multiplyAdd(sum, y, -3.817942942970423e-06)
    sum = V.multiplyAdd(sum, y, 2.3286158637295343e-06)
    sum = V.multiplyAdd(sum, y, 2.4262111185916013e-05)
    sum = V.multiplyAdd(sum, y, -4.2782281267226074e-05)
    sum = V.multiplyAdd(sum, y, -0.00012151268127822976)
    sum = V.multiplyAdd(sum, y, 0.0005643844169747129)
    sum = V.multiplyAdd(sum, y, -0.00030226784011228627)
    sum = V.multiplyAdd(sum, y, -0.004215019906158416)
    sum = V.multiplyAdd(sum, y, 0.01909933093910415)
    sum = V.multiplyAdd(sum, y, -0.04882332582814803)
    sum = V.multiplyAdd(sum, y, 0.08798315382502862)
    sum = V.multiplyAdd(sum, y, -0.11508959816017732)
    sum = V.multiplyAdd(sum, y, 0.09751909515325485)
    sum = V.multiplyAdd(sum, y, -0.010555596332218595)
    sum = V.multiplyAdd(sum, y, -0.1400091801376194)
    sum = V.multiplyAdd(sum, y, 1.2423492448711544)
    return sum
  }

  /// (z + 5) · ½ erfcx(z / √2) for z ≥ 0 as a polynomial in y = (z − 5) / (z + 5), within 1.1e-16
  /// (`Tests/Golden/special-functions/student_tail.py`).
  @inline(__always)
  static func scaledTail<V: Lanes>(_ y: V) -> V {
    var sum = V(splat: -1.4191921893580604e-10)
    sum = V.multiplyAdd(sum, y, -7.842796363635921e-10)
    sum = V.multiplyAdd(sum, y, 1.322102962781694e-09)
    sum = V.multiplyAdd(sum, y, 9.268659037027118e-09)
    sum = V.multiplyAdd(sum, y, -7.068045653980906e-09)
    sum = V.multiplyAdd(sum, y, -6.740161179772032e-08)
    sum = V.multiplyAdd(sum, y, 3.87533092243584e-08)
    sum = V.multiplyAdd(sum, y, 4.334561019475754e-07)
    sum = V.multiplyAdd(sum, y, -3.337060350835977e-07)
    sum = V.multiplyAdd(sum, y, -2.768861633372941e-06)
    sum = V.multiplyAdd(sum, y, 3.979457180792049e-06)
    sum = V.multiplyAdd(sum, y, 1.6680843519640492e-05)
    sum = V.multiplyAdd(sum, y, -4.976236467507681e-05)
    sum = V.multiplyAdd(sum, y, -5.9375585163440916e-05)
    sum = V.multiplyAdd(sum, y, 0.0005448989774454366)
    sum = V.multiplyAdd(sum, y, -0.0007978694284287862)
    sum = V.multiplyAdd(sum, y, -0.002993376760347635)
    sum = V.multiplyAdd(sum, y, 0.02079506680331947)
    sum = V.multiplyAdd(sum, y, -0.06911863870695671)
    sum = V.multiplyAdd(sum, y, 0.16502036617018967)
    sum = V.multiplyAdd(sum, y, -0.31353315667128584)
    sum = V.multiplyAdd(sum, y, 0.49530561596998063)
    sum = V.multiplyAdd(sum, y, -0.6653825028900568)
    sum = V.multiplyAdd(sum, y, 0.769193049750063)
    return sum
  }

  /// erf(x) / x as a polynomial in x² ≤ ½.
  @inline(__always)
  static func erfRatio<V: Lanes>(_ s: V) -> V {
    var sum = V(splat: -9.776916104275205e-10)
    sum = V.multiplyAdd(sum, s, 1.4490332714209581e-08)
    sum = V.multiplyAdd(sum, s, -1.6342428757543565e-07)
    sum = V.multiplyAdd(sum, s, 1.6461007924834224e-06)
    sum = V.multiplyAdd(sum, s, -1.4925615683804033e-05)
    sum = V.multiplyAdd(sum, s, 0.00012055332255176668)
    sum = V.multiplyAdd(sum, s, -0.0008548327013412916)
    sum = V.multiplyAdd(sum, s, 0.005223977625354193)
    sum = V.multiplyAdd(sum, s, -0.026866170645126697)
    sum = V.multiplyAdd(sum, s, 0.11283791670955114)
    sum = V.multiplyAdd(sum, s, -0.37612638903183754)
    sum = V.multiplyAdd(sum, s, 1.1283791670955126)
    return sum
  }

  /// (eʳ − 1 − r) / r², |r| ≤ ½ ln 2.
  @inline(__always)
  static func exponentialTail<V: Lanes>(_ r: V) -> V {
    var sum = V(splat: 2.09147553258932e-09)
    sum = V.multiplyAdd(sum, r, 2.5105312729622103e-08)
    sum = V.multiplyAdd(sum, r, 2.755727347871858e-07)
    sum = V.multiplyAdd(sum, r, 2.755725517000089e-06)
    sum = V.multiplyAdd(sum, r, 2.480158732567746e-05)
    sum = V.multiplyAdd(sum, r, 0.0001984126987500228)
    sum = V.multiplyAdd(sum, r, 0.0013888888888883711)
    sum = V.multiplyAdd(sum, r, 0.008333333333326084)
    sum = V.multiplyAdd(sum, r, 0.04166666666666667)
    sum = V.multiplyAdd(sum, r, 0.1666666666666667)
    sum = V.multiplyAdd(sum, r, 0.5)
    return sum
  }

  /// Quantile divided by q = p − ½, |q| ≤ 0.425, as a rational function of 0.180625 − q²: numerator.
  @inline(__always)
  static func centralNumerator<V: Lanes>(_ s: V) -> V {
    var sum = V(splat: 3907.007639023816)
    sum = V.multiplyAdd(sum, s, 74060.81462563902)
    sum = V.multiplyAdd(sum, s, 214247.3801984238)
    sum = V.multiplyAdd(sum, s, 213550.16248438213)
    sum = V.multiplyAdd(sum, s, 95692.73551269759)
    sum = V.multiplyAdd(sum, s, 21627.48116049056)
    sum = V.multiplyAdd(sum, s, 2548.2248573022625)
    sum = V.multiplyAdd(sum, s, 148.75654077063152)
    sum = V.multiplyAdd(sum, s, 3.3871328727963665)
    return sum
  }

  /// Denominator of the same.
  @inline(__always)
  static func centralDenominator<V: Lanes>(_ s: V) -> V {
    var sum = V(splat: 9398.46451720659)
    sum = V.multiplyAdd(sum, s, 72342.69749284587)
    sum = V.multiplyAdd(sum, s, 140376.82723612545)
    sum = V.multiplyAdd(sum, s, 109244.70555458817)
    sum = V.multiplyAdd(sum, s, 41169.98166790856)
    sum = V.multiplyAdd(sum, s, 8176.878340636071)
    sum = V.multiplyAdd(sum, s, 871.2838940641986)
    sum = V.multiplyAdd(sum, s, 46.92338689522055)
    sum = V.multiplyAdd(sum, s, 1.0)
    return sum
  }

  /// −Quantile as a rational function of √(−ln p) − 1.6, for √(−ln p) in 1.6…5: numerator.
  @inline(__always)
  static func middleNumerator<V: Lanes>(_ t: V) -> V {
    var sum = V(splat: 7.021355815515725e-05)
    sum = V.multiplyAdd(sum, t, 0.0028477028904769913)
    sum = V.multiplyAdd(sum, t, 0.04265573683356802)
    sum = V.multiplyAdd(sum, t, 0.3281996025557106)
    sum = V.multiplyAdd(sum, t, 1.4607583582995676)
    sum = V.multiplyAdd(sum, t, 3.867306448959962)
    sum = V.multiplyAdd(sum, t, 5.895441930593747)
    sum = V.multiplyAdd(sum, t, 4.658671152911319)
    sum = V.multiplyAdd(sum, t, 1.4234371107496837)
    return sum
  }

  /// Denominator of the same.
  @inline(__always)
  static func middleDenominator<V: Lanes>(_ t: V) -> V {
    var sum = V(splat: 3.604856526953904e-11)
    sum = V.multiplyAdd(sum, t, 4.9644170890888335e-05)
    sum = V.multiplyAdd(sum, t, 0.0019346295319642264)
    sum = V.multiplyAdd(sum, t, 0.027207370810227217)
    sum = V.multiplyAdd(sum, t, 0.19254621603461664)
    sum = V.multiplyAdd(sum, t, 0.7681616354872174)
    sum = V.multiplyAdd(sum, t, 1.7409835549495893)
    sum = V.multiplyAdd(sum, t, 2.073096479855932)
    sum = V.multiplyAdd(sum, t, 1.0)
    return sum
  }

  /// −Quantile as a rational function of √(−ln p) − 5, for √(−ln p) in 5…27.5, within 1e-15: numerator.
  @inline(__always)
  static func farNumerator<V: Lanes>(_ t: V) -> V {
    var sum = V(splat: 3.497875937979661e-09)
    sum = V.multiplyAdd(sum, t, 7.661192662259383e-07)
    sum = V.multiplyAdd(sum, t, 5.6430588699847266e-05)
    sum = V.multiplyAdd(sum, t, 0.0019254640868357619)
    sum = V.multiplyAdd(sum, t, 0.03466014914463096)
    sum = V.multiplyAdd(sum, t, 0.3478425246285813)
    sum = V.multiplyAdd(sum, t, 1.947649022437927)
    sum = V.multiplyAdd(sum, t, 5.667994118432199)
    sum = V.multiplyAdd(sum, t, 6.6579046435010945)
    return sum
  }

  /// Denominator of the same.
  @inline(__always)
  static func farDenominator<V: Lanes>(_ t: V) -> V {
    var sum = V(splat: 8.118266746666358e-18)
    sum = V.multiplyAdd(sum, t, 2.473365829886828e-09)
    sum = V.multiplyAdd(sum, t, 5.293649350127621e-07)
    sum = V.multiplyAdd(sum, t, 3.726480074644535e-05)
    sum = V.multiplyAdd(sum, t, 0.0011767314221063534)
    sum = V.multiplyAdd(sum, t, 0.018713197985019747)
    sum = V.multiplyAdd(sum, t, 0.15461265272428526)
    sum = V.multiplyAdd(sum, t, 0.6305038995587552)
    sum = V.multiplyAdd(sum, t, 1.0)
    return sum
  }
}
