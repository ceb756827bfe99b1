import ApusAutograd

/// Hidden weights W_hh (gates · hidden, hidden) and biases in the panels of ``TileProduct``. Lanes beyond the hidden size
/// hold zeros.
enum RecurrentPanels {
  /// Elements of `hidden` rounded up to whole registers.
  static func padded<T: RecurrentScalar>(_ hidden: Int, _ type: T.Type) -> Int {
    let width = T.Lanes.scalarCount
    return (hidden + width - 1) / width * width
  }

  /// Panels for h · W_hhᵀ: for every block of units, for every gate, a panel of `hidden` elements.
  static func packForward<T: RecurrentScalar>(
    _ weight: UnsafePointer<T>, _ panels: UnsafeMutablePointer<T>, gates: Int, hidden: Int
  ) {
    let width = T.Lanes.scalarCount
    var panel = panels
    for unit in stride(from: 0, to: hidden, by: width) {
      let lanes = min(width, hidden &- unit)
      for gate in 0..<gates {
        for lane in 0..<lanes {
          let row = weight + (gate &* hidden &+ unit &+ lane) &* hidden
          for k in 0..<hidden { panel[k &* width &+ lane] = row[k] }
        }
        for lane in lanes..<width { for k in 0..<hidden { panel[k &* width &+ lane] = 0 } }
        panel += hidden &* width
      }
    }
  }

  /// Panels for δ · W_hh: for every block of units a panel of `gates · hidden` elements.
  static func packBackward<T: RecurrentScalar>(
    _ weight: UnsafePointer<T>, _ panels: UnsafeMutablePointer<T>, gates: Int, hidden: Int
  ) {
    let width = T.Lanes.scalarCount
    var target = panels
    for unit in stride(from: 0, to: hidden, by: width) {
      let lanes = min(width, hidden &- unit)
      for k in 0..<gates &* hidden {
        let row = weight + (k &* hidden &+ unit)
        for lane in 0..<lanes { target[lane] = row[lane] }
        for lane in lanes..<width { target[lane] = 0 }
        target += width
      }
    }
  }

  /// Biases in the order of ``packForward(_:_:gates:hidden:)``: what the recurrent sums start from. `keepApart` names the
  /// gate whose input bias must not be added to its hidden bias (GRU's new state); those input biases go to `apart`.
  static func packBiases<T: RecurrentScalar>(
    input: UnsafePointer<T>?, hidden recurrent: UnsafePointer<T>?, _ starts: UnsafeMutablePointer<T>,
    apart: UnsafeMutablePointer<T>, gates: Int, hidden: Int, keepApart: Int?
  ) {
    let width = T.Lanes.scalarCount
    for unit in 0..<padded(hidden, T.self) {
      let (block, lane) = unit.quotientAndRemainder(dividingBy: width)
      for gate in 0..<gates {
        let isInside = unit < hidden
        let x: T = isInside ? input?[gate &* hidden &+ unit] ?? 0 : 0
        let h: T = isInside ? recurrent?[gate &* hidden &+ unit] ?? 0 : 0
        starts[(block &* gates &+ gate) &* width &+ lane] = gate == keepApart ? h : x + h
        if gate == keepApart { apart[unit] = x }
      }
    }
  }
}
