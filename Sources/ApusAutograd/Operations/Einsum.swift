import ApusNumerics

extension Tensor {
  /// Sums of products in Einstein's notation: `einsum("bij,bjk->bik", [a, b])`.
  ///
  /// Labels are letters; one that an operand names twice takes its diagonal, and there is no ellipsis. Without `->` the result
  /// has the labels that appear once, in alphabetical order. Operands are contracted from left to right, each pair by one
  /// batched matrix product.
  public static func einsum(_ equation: String, _ operands: [Tensor]) throws -> Tensor {
    let (terms, output) = try parse(equation, operands)
    let diagonals = try zip(operands, terms).map { try diagonal($0, $1) }
    guard var (result, labels) = diagonals.first else {
      throw ApusError.invalidArgument(name: "einsum", reason: "needs at least one operand")
    }
    for (index, next) in diagonals.enumerated().dropFirst() {
      let later = Set(diagonals[(index + 1)...].flatMap(\.labels)).union(output)
      (result, labels) = try contract(result, labels, next.tensor, next.labels, keeping: later)
    }
    (result, labels) = try summed(result, labels, keeping: Set(output))
    return try result.permuted(output.map { label in labels.firstIndex(of: label)! })
  }

  private static func parse(_ equation: String, _ operands: [Tensor]) throws -> (
    terms: [[Character]], output: [Character]
  ) {
    let text = equation.filter { $0 != " " }
    let sides = text.split(separator: ">", omittingEmptySubsequences: false)
    let left = sides[0].hasSuffix("-") ? String(sides[0].dropLast()) : String(sides[0])
    let terms = left.split(separator: ",", omittingEmptySubsequences: false).map(Array.init)
    func refuse(_ reason: String) -> ApusError { .invalidArgument(name: "equation", reason: "'\(equation)' \(reason)") }
    guard sides.count <= 2, (sides.count == 2) == sides[0].hasSuffix("-"), terms.count == operands.count else {
      throw refuse("does not name \(operands.count) operands")
    }
    var extents: [Character: Int] = [:]
    for (term, operand) in zip(terms, operands) {
      guard term.allSatisfy(\.isLetter), term.count == operand.rank else {
        throw refuse("does not fit an operand of shape \(operand.shape)")
      }
      for (label, extent) in zip(term, operand.shape) {
        guard extents.updateValue(extent, forKey: label).map({ $0 == extent }) ?? true else {
          throw refuse("gives '\(label)' two extents")
        }
      }
    }
    if sides.count == 2 {
      let output = Array(sides[1])
      guard Set(output).count == output.count, output.allSatisfy({ extents[$0] != nil }) else {
        throw refuse("has an output that its operands do not define")
      }
      return (terms, output)
    }
    let all = terms.joined()
    return (terms, Set(all).filter { label in all.filter { $0 == label }.count == 1 }.sorted())
  }

  /// The operand with every label once: two axes of one label become their diagonal.
  private static func diagonal(
    _ operand: Tensor, _ term: [Character]
  ) throws -> (tensor: Tensor, labels: [Character]) {
    var (tensor, labels) = (operand, term)
    while let second = labels.indices.first(where: { labels[..<$0].contains(labels[$0]) }) {
      let first = labels.firstIndex(of: labels[second])!
      let rest = labels.indices.filter { $0 != first && $0 != second }
      let n = tensor.shape[first]
      let places = try Tensor.arange(0, Double(n * n), step: Double(n + 1))
      tensor = try tensor.permuted([first, second] + rest)
        .reshaped([n * n] + rest.map { tensor.shape[$0] })
        .indexSelect(dim: 0, places)
      labels = [labels[first]] + rest.map { labels[$0] }
    }
    return (tensor, labels)
  }

  private static func summed(
    _ tensor: Tensor, _ labels: [Character], keeping kept: Set<Character>
  ) throws -> (Tensor, [Character]) {
    let axes = labels.indices.filter { !kept.contains(labels[$0]) }
    return axes.isEmpty ? (tensor, labels) : (try tensor.sum(axes), labels.filter(kept.contains))
  }

  private static func contract(
    _ a: Tensor, _ labelsA: [Character], _ b: Tensor, _ labelsB: [Character], keeping later: Set<Character>
  ) throws -> (Tensor, [Character]) {
    let (x, own) = try summed(a, labelsA, keeping: later.union(labelsB))
    let (y, other) = try summed(b, labelsB, keeping: later.union(labelsA))
    let batch = own.filter { other.contains($0) && later.contains($0) }
    let inner = own.filter { other.contains($0) && !later.contains($0) }
    let rows = own.filter { !other.contains($0) }
    let columns = other.filter { !own.contains($0) }
    func extents(_ list: [Character], _ labels: [Character], _ tensor: Tensor) -> [Int] {
      list.map { tensor.shape[labels.firstIndex(of: $0)!] }
    }
    func arranged(_ tensor: Tensor, _ labels: [Character], _ groups: [[Character]]) throws -> Tensor {
      try tensor.permuted(groups.joined().map { labels.firstIndex(of: $0)! })
        .reshaped(groups.map { extents($0, labels, tensor).reduce(1, *) })
    }
    let product = try arranged(x, own, [batch, rows, inner]).matmul(arranged(y, other, [batch, inner, columns]))
    let shape = extents(batch, own, x) + extents(rows, own, x) + extents(columns, other, y)
    return (try product.reshaped(shape), batch + rows + columns)
  }
}
