import Testing

@testable import ApusModels

@Suite struct NearestNameTests {
  @Test func suggestsTheNearestName() {
    #expect(
      NearestName.suggestion(for: "fit_intercpt", in: ["alpha", "fit_intercept"]) == "; did you mean 'fit_intercept'?")
    #expect(NearestName.suggestion(for: "zzzzzzzz", in: ["alpha"]) == "; known are alpha")
    #expect(NearestName.editDistance("kitten", "sitting") == 3)
  }
}
