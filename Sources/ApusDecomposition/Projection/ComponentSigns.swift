import ApusNumerics

/// The choice among the two signs of a component that scikit-learn's `svd_flip` makes.
enum ComponentSigns {
  /// Turns every row of the row-major float64 `rows` so that its element of largest magnitude, the first of equals, is
  /// positive, and the row of `partners` at the same place with it.
  static func orient(_ rows: NDArray, with partners: NDArray? = nil) {
    let (count, columns) = (rows.shape[0], rows.shape[1])
    let pointer = rows.pointer(Double.self)
    for i in 0..<count {
      let row = pointer + i &* columns
      var largest = 0.0
      var isNegative = false
      for j in 0..<columns where row[j].magnitude > largest {
        largest = row[j].magnitude
        isNegative = row[j] < 0
      }
      if !isNegative { continue }
      for j in 0..<columns { row[j] = -row[j] }
      if let partners {
        let extent = partners.shape[1]
        let partner = partners.pointer(Double.self) + i &* extent
        for j in 0..<extent { partner[j] = -partner[j] }
      }
    }
  }
}
