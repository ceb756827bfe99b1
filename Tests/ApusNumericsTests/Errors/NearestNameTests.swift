import Testing

@testable import ApusNumerics

@Suite struct NearestNameTests {
  @Test func suggestsTheNearestName() {
    #expect(
      NearestName.suggestion(for: "fit_intercpt", in: ["alpha", "fit_intercept"]) == "; did you mean 'fit_intercept'?")
    #expect(NearestName.suggestion(for: "zzzzzzzz", in: ["alpha"]) == "; known are alpha")
    #expect(NearestName.suggestion(for: "zzzzzzzz", in: (0..<100).map { "name\($0)" }).isEmpty)
    #expect(NearestName.editDistance("kitten", "sitting") == 3)
  }
}
