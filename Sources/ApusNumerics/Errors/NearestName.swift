/// Suggestions for misspelt names.
package enum NearestName {
  /// The most names that are worth listing when none is near.
  private static let longestList = 60

  /// `"; did you mean 'alpha'?"`, the names that are known when none is near, or an empty string when they are too many.
  package static func suggestion(for name: String, in candidates: [String]) -> String {
    let scored = candidates.map { (name: $0, distance: editDistance(name.lowercased(), $0.lowercased())) }
    guard let best = scored.min(by: { $0.distance < $1.distance }), best.distance <= Swift.max(2, best.name.count / 2)
    else {
      return candidates.isEmpty || candidates.count > longestList
        ? "" : "; known are " + candidates.joined(separator: ", ")
    }
    return "; did you mean '\(best.name)'?"
  }

  /// Levenshtein distance over at most 64 characters of each.
  package static func editDistance(_ first: String, _ second: String) -> Int {
    let (a, b) = (Array(first.prefix(64)), Array(second.prefix(64)))
    var row = Array(0...b.count)
    for (i, left) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, right) in b.enumerated() {
        let substitution = diagonal + (left == right ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = Swift.min(substitution, Swift.min(row[j], row[j + 1]) + 1)
      }
    }
    return row[b.count]
  }
}
