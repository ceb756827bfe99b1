/// Polynomial and rational approximations fitted with mpmath at 60 digits
/// (`Tests/Golden/special-functions/coefficients.py`), each with a relative error of at most 7e-17.
package enum NormalApproximations {
  /// (1 + 2x) erfcx(x) for x ≥ 0 as a polynomial in y = (x − 3.5) / (x + 3.5).
  @inline(__always)
  static func scaledErfc<V: Lanes>(_ y: V) -> V {
    var sum = V(splat: 2.0760062849604081e-10)
    sum = sum * y + V(splat: -8.959184821210767e-11)
    sum = sum * y + V(splat: -2.4632462765593548e-09)
    sum = sum * y + V(splat: 5.979432867579923e-10)
    sum = sum * y + V(splat: 1.7193001966372446e-08)
    sum = sum * y + V(splat: -7.45817631914215e-10)
    sum = sum * y + V(splat: -1.0207806460997094e-07)
    sum = sum * y + V(splat: -6.483918904720693e-09)
    sum = sum * y + V(splat: 6.072618439196945e-07)
    sum = sum * y + V(splat: -4.512688185670553e-08)
    sum = sum * y + V(splat: -3.817942942970423e-06)
    sum = sum * y + V(splat: 2.3286158637295343e-06)
    sum = sum * y + V(splat: 2.4262111185916013e-05)
    sum = sum * y + V(splat: -4.2782281267226074e-05)
    sum = sum * y + V(splat: -0.00012151268127822976)
    sum = sum * y + V(splat: 0.0005643844169747129)
    sum = sum * y + V(splat: -0.00030226784011228627)
    sum = sum * y + V(splat: -0.004215019906158416)
    sum = sum * y + V(splat: 0.01909933093910415)
    sum = sum * y + V(splat: -0.04882332582814803)
    sum = sum * y + V(splat: 0.08798315382502862)
    sum = sum * y + V(splat: -0.11508959816017732)
    sum = sum * y + V(splat: 0.09751909515325485)
    sum = sum * y + V(splat: -0.010555596332218595)
    sum = sum * y + V(splat: -0.1400091801376194)
    sum = sum * y + V(splat: 1.2423492448711544)
    return sum
  }

  /// (1 + 1.4140625 z) · ½ erfcx(z / √2) for z ≥ 0 as a polynomial in y = (z − 5) / (z + 5).
  @inline(__always)
  static func scaledTail<V: Lanes>(_ y: V) -> V {
    var sum = V(splat: 1.0578529526345246e-10)
    sum = sum * y + V(splat: 2.5362689209690704e-11)
    sum = sum * y + V(splat: -1.22650527161804e-09)
    sum = sum * y + V(splat: -4.991467269020756e-10)
    sum = sum * y + V(splat: 8.365953782675207e-09)
    sum = sum * y + V(splat: 4.944191996086045e-09)
    sum = sum * y + V(splat: -4.9146868239973435e-08)
    sum = sum * y + V(splat: -3.351508794020046e-08)
    sum = sum * y + V(splat: 2.968197968148953e-07)
    sum = sum * y + V(splat: 1.4976967211146908e-07)
    sum = sum * y + V(splat: -1.951631458856373e-06)
    sum = sum * y + V(splat: 1.795021299676883e-07)
    sum = sum * y + V(splat: 1.3337988175137483e-05)
    sum = sum * y + V(splat: -1.6744677077402812e-05)
    sum = sum * y + V(splat: -7.620279953614763e-05)
    sum = sum * y + V(splat: 0.0002828525686913807)
    sum = sum * y + V(splat: -4.458114173151717e-05)
    sum = sum * y + V(splat: -0.0024609787660580156)
    sum = sum * y + V(splat: 0.010207506803509845)
    sum = sum * y + V(splat: -0.02517490489984825)
    sum = sum * y + V(splat: 0.044391617757953014)
    sum = sum * y + V(splat: -0.05714783162464968)
    sum = sum * y + V(splat: 0.04763493184939988)
    sum = sum * y + V(splat: -0.004180862069210177)
    sum = sum * y + V(splat: -0.0700602545543983)
    sum = sum * y + V(splat: 0.6207628284311055)
    return sum
  }

  /// erf(x) / x as a polynomial in x² ≤ ½.
  @inline(__always)
  static func erfRatio<V: Lanes>(_ s: V) -> V {
    var sum = V(splat: -9.776916104275205e-10)
    sum = sum * s + V(splat: 1.4490332714209581e-08)
    sum = sum * s + V(splat: -1.6342428757543565e-07)
    sum = sum * s + V(splat: 1.6461007924834224e-06)
    sum = sum * s + V(splat: -1.4925615683804033e-05)
    sum = sum * s + V(splat: 0.00012055332255176668)
    sum = sum * s + V(splat: -0.0008548327013412916)
    sum = sum * s + V(splat: 0.005223977625354193)
    sum = sum * s + V(splat: -0.026866170645126697)
    sum = sum * s + V(splat: 0.11283791670955114)
    sum = sum * s + V(splat: -0.37612638903183754)
    sum = sum * s + V(splat: 1.1283791670955126)
    return sum
  }

  /// (eʳ − 1 − r) / r², |r| ≤ ½ ln 2.
  @inline(__always)
  static func exponentialTail<V: Lanes>(_ r: V) -> V {
    var sum = V(splat: 2.09147553258932e-09)
    sum = sum * r + V(splat: 2.5105312729622103e-08)
    sum = sum * r + V(splat: 2.755727347871858e-07)
    sum = sum * r + V(splat: 2.755725517000089e-06)
    sum = sum * r + V(splat: 2.480158732567746e-05)
    sum = sum * r + V(splat: 0.0001984126987500228)
    sum = sum * r + V(splat: 0.0013888888888883711)
    sum = sum * r + V(splat: 0.008333333333326084)
    sum = sum * r + V(splat: 0.04166666666666667)
    sum = sum * r + V(splat: 0.1666666666666667)
    sum = sum * r + V(splat: 0.5)
    return sum
  }

  /// Quantile divided by q = p − ½, |q| ≤ 0.425, as a rational function of 0.180625 − q²: numerator.
  @inline(__always)
  static func centralNumerator<V: Lanes>(_ s: V) -> V {
    var sum = V(splat: 3907.007639023816)
    sum = sum * s + V(splat: 74060.81462563902)
    sum = sum * s + V(splat: 214247.3801984238)
    sum = sum * s + V(splat: 213550.16248438213)
    sum = sum * s + V(splat: 95692.73551269759)
    sum = sum * s + V(splat: 21627.48116049056)
    sum = sum * s + V(splat: 2548.2248573022625)
    sum = sum * s + V(splat: 148.75654077063152)
    sum = sum * s + V(splat: 3.3871328727963665)
    return sum
  }

  /// Denominator of the same.
  @inline(__always)
  static func centralDenominator<V: Lanes>(_ s: V) -> V {
    var sum = V(splat: 9398.46451720659)
    sum = sum * s + V(splat: 72342.69749284587)
    sum = sum * s + V(splat: 140376.82723612545)
    sum = sum * s + V(splat: 109244.70555458817)
    sum = sum * s + V(splat: 41169.98166790856)
    sum = sum * s + V(splat: 8176.878340636071)
    sum = sum * s + V(splat: 871.2838940641986)
    sum = sum * s + V(splat: 46.92338689522055)
    sum = sum * s + V(splat: 1.0)
    return sum
  }

  /// −Quantile as a rational function of √(−ln p) − 1.6, for √(−ln p) in 1.6…5: numerator.
  @inline(__always)
  static func middleNumerator<V: Lanes>(_ t: V) -> V {
    var sum = V(splat: 7.021355815515725e-05)
    sum = sum * t + V(splat: 0.0028477028904769913)
    sum = sum * t + V(splat: 0.04265573683356802)
    sum = sum * t + V(splat: 0.3281996025557106)
    sum = sum * t + V(splat: 1.4607583582995676)
    sum = sum * t + V(splat: 3.867306448959962)
    sum = sum * t + V(splat: 5.895441930593747)
    sum = sum * t + V(splat: 4.658671152911319)
    sum = sum * t + V(splat: 1.4234371107496837)
    return sum
  }

  /// Denominator of the same.
  @inline(__always)
  static func middleDenominator<V: Lanes>(_ t: V) -> V {
    var sum = V(splat: 3.604856526953904e-11)
    sum = sum * t + V(splat: 4.9644170890888335e-05)
    sum = sum * t + V(splat: 0.0019346295319642264)
    sum = sum * t + V(splat: 0.027207370810227217)
    sum = sum * t + V(splat: 0.19254621603461664)
    sum = sum * t + V(splat: 0.7681616354872174)
    sum = sum * t + V(splat: 1.7409835549495893)
    sum = sum * t + V(splat: 2.073096479855932)
    sum = sum * t + V(splat: 1.0)
    return sum
  }

  /// −Quantile as a rational function of √(−ln p) − 5, for √(−ln p) in 5…27.5, within 1e-15: numerator.
  @inline(__always)
  static func farNumerator<V: Lanes>(_ t: V) -> V {
    var sum = V(splat: 3.497875937979661e-09)
    sum = sum * t + V(splat: 7.661192662259383e-07)
    sum = sum * t + V(splat: 5.6430588699847266e-05)
    sum = sum * t + V(splat: 0.0019254640868357619)
    sum = sum * t + V(splat: 0.03466014914463096)
    sum = sum * t + V(splat: 0.3478425246285813)
    sum = sum * t + V(splat: 1.947649022437927)
    sum = sum * t + V(splat: 5.667994118432199)
    sum = sum * t + V(splat: 6.6579046435010945)
    return sum
  }

  /// Denominator of the same.
  @inline(__always)
  static func farDenominator<V: Lanes>(_ t: V) -> V {
    var sum = V(splat: 8.118266746666358e-18)
    sum = sum * t + V(splat: 2.473365829886828e-09)
    sum = sum * t + V(splat: 5.293649350127621e-07)
    sum = sum * t + V(splat: 3.726480074644535e-05)
    sum = sum * t + V(splat: 0.0011767314221063534)
    sum = sum * t + V(splat: 0.018713197985019747)
    sum = sum * t + V(splat: 0.15461265272428526)
    sum = sum * t + V(splat: 0.6305038995587552)
    sum = sum * t + V(splat: 1.0)
    return sum
  }
}
