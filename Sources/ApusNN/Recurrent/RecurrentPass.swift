import ApusAutograd
import ApusNumerics

/// One layer in one direction over a whole sequence.
///
/// Sequences do not depend on each other: tasks take ``rowsPerTask`` of them through all steps, without waiting for one
/// another in between. Memory is (steps, batch, …) row-major; states have one slot more than there are steps, the start's.
struct RecurrentPass<Rule: RecurrentCellRule> {
  typealias T = Rule.Scalar

  let steps: Int
  let batch: Int
  let hidden: Int
  let isReverse: Bool
  /// Steps of each sequence; nil when all have `steps`.
  let lengths: [Int]?

  /// Sequences of one task, enough to keep the weights' way from the second-level cache off the critical path.
  private static var rowsPerTask: Int { 16 }

  private var width: Int { T.Lanes.scalarCount }
  private var gateStride: Int { Rule.gates &* hidden }
  private var stateStride: Int { batch &* hidden }
  private var paddedHidden: Int { RecurrentPanels.padded(hidden, T.self) }
  private var tasks: Int { (batch + Self.rowsPerTask - 1) / Self.rowsPerTask }

  /// What the forward pass leaves for the backward pass.
  struct Record {
    /// (steps, batch, gates · hidden): in W_ih x, out the gates' values.
    let gates: NDArray
    /// (steps + 1, batch, hidden).
    let h: NDArray
    /// (steps + 1, batch, hidden), empty without cell state.
    let c: NDArray
    /// (steps, batch, hidden), empty unless a gate is kept apart.
    let apart: NDArray
  }

  /// The slot of the states before step `t`, and the one after it.
  @inline(__always)
  private func slots(_ t: Int) -> (before: Int, after: Int) { isReverse ? (t &+ 1, t) : (t, t &+ 1) }

  // MARK: Forward

  /// Fills `record` from its gates and the starting slots.
  func forward(
    _ record: Record, weight: UnsafePointer<T>, inputBias: UnsafePointer<T>?, hiddenBias: UnsafePointer<T>?
  ) throws {
    let blocks = paddedHidden / width
    let panelCount = blocks * Rule.gates * hidden * width
    let biasCount = blocks * Rule.gates * width
    let scratchPerTask = Rule.gates * Self.rowsPerTask * width
    let scratch = try TensorMemory.array(
      [panelCount + biasCount + paddedHidden + tasks * scratchPerTask], T.dtype)
    let panels = scratch.raw(T.self)
    let starts = panels + panelCount
    let apartBias = starts + biasCount
    let perTask = apartBias + paddedHidden
    RecurrentPanels.packForward(weight, panels, gates: Rule.gates, hidden: hidden)
    RecurrentPanels.packBiases(
      input: inputBias, hidden: hiddenBias, starts, apart: apartBias, gates: Rule.gates, hidden: hidden,
      keepApart: Rule.apartGate)
    let memory = ForwardMemory(
      panels: UnsafePointer(panels), starts: UnsafePointer(starts), apartBias: UnsafePointer(apartBias),
      gates: record.gates.raw(T.self), h: record.h.raw(T.self), c: record.c.raw(T.self),
      apart: record.apart.raw(T.self))
    withLengths { lengths in
      ThreadPool.parallelFor(tasks: tasks) { task in
        let first = task &* Self.rowsPerTask
        let rows = min(Self.rowsPerTask, batch &- first)
        for step in 0..<steps {
          forwardStep(
            isReverse ? steps &- 1 &- step : step, first, rows, memory, perTask + task &* scratchPerTask, lengths)
        }
      }
    }
    withExtendedLifetime(scratch) {}
  }

  private struct ForwardMemory {
    let panels: UnsafePointer<T>
    let starts: UnsafePointer<T>
    let apartBias: UnsafePointer<T>
    let gates: UnsafeMutablePointer<T>
    let h: UnsafeMutablePointer<T>
    let c: UnsafeMutablePointer<T>
    let apart: UnsafeMutablePointer<T>
  }

  private func forwardStep(
    _ t: Int, _ first: Int, _ rows: Int, _ m: ForwardMemory, _ products: UnsafeMutablePointer<T>,
    _ lengths: UnsafePointer<Int>?
  ) {
    let (before, after) = slots(t)
    let h = m.h + (before &* stateStride &+ first &* hidden)
    let nextH = m.h + (after &* stateStride &+ first &* hidden)
    let cOffset = Rule.hasCell ? before &* stateStride &+ first &* hidden : 0
    let nextCOffset = Rule.hasCell ? after &* stateStride &+ first &* hidden : 0
    let apartOffset = Rule.apartGate == nil ? 0 : t &* stateStride &+ first &* hidden
    let gates = m.gates + (t &* batch &+ first) &* gateStride
    let panelSize = hidden &* width
    let productStride = Self.rowsPerTask &* width
    for unit in stride(from: 0, to: hidden, by: width) {
      let block = unit / width
      let lanes = min(width, hidden &- unit)
      @inline(__always)
      func side(_ gate: Int) -> TileProduct.Side<T> {
        let index = block &* Rule.gates &+ gate
        return TileProduct.Side(
          panel: m.panels + index &* panelSize, start: m.starts + index &* width, startStride: 0,
          out: products + gate &* productStride, outStride: width)
      }
      for gate in stride(from: 0, to: Rule.gates &- 1, by: 2) {
        TileProduct.runPair(rows: rows, depth: hidden, UnsafePointer(h), hidden, side(gate), side(gate &+ 1))
      }
      if Rule.gates % 2 == 1 {
        let last = side(Rule.gates &- 1)
        TileProduct.run(
          rows: rows, depth: hidden, UnsafePointer(h), hidden, last.panel, start: last.start, startStride: 0, last.out,
          width)
      }
      for row in 0..<rows {
        let place = row &* hidden &+ unit
        if let lengths, t >= lengths[first &+ row] {
          nextH.advanced(by: place).update(from: h + place, count: lanes)
          if Rule.hasCell { (m.c + nextCOffset + place).update(from: m.c + cOffset + place, count: lanes) }
          continue
        }
        Rule.forward(
          ForwardRegister(
            lanes: lanes, gateStride: hidden, gates: gates + (row &* gateStride &+ unit),
            recurrent: UnsafePointer(products + row &* width), recurrentStride: productStride,
            apartBias: m.apartBias + unit, h: UnsafePointer(h + place), nextH: nextH + place,
            c: UnsafePointer(m.c + (Rule.hasCell ? cOffset &+ place : 0)),
            nextC: m.c + (Rule.hasCell ? nextCOffset &+ place : 0),
            apart: m.apart + (Rule.apartGate == nil ? 0 : apartOffset &+ place)))
      }
    }
  }

  // MARK: Backward

  /// δ of what the gates were computed from.
  ///
  /// - Parameters:
  ///   - outputDelta: (steps, batch, hidden), nil for zeros.
  ///   - inputDelta: out, δ of W_ih x.
  ///   - hiddenDelta: out, δ of W_hh h; `inputDelta` itself unless a gate is kept apart.
  ///   - startDeltas: in δ of the final states, out δ of the starting states, (batch, hidden) each.
  func backward(
    _ record: Record, weight: UnsafePointer<T>, outputDelta: UnsafePointer<T>?, inputDelta: UnsafeMutablePointer<T>,
    hiddenDelta: UnsafeMutablePointer<T>, startDeltas: [NDArray]
  ) throws {
    let panelCount = paddedHidden * Rule.gates * hidden
    let carryPerTask = Self.rowsPerTask * paddedHidden
    let scratch = try TensorMemory.array([panelCount + 2 * tasks * carryPerTask], T.dtype)
    let panels = scratch.raw(T.self)
    RecurrentPanels.packBackward(weight, panels, gates: Rule.gates, hidden: hidden)
    let deltaH = startDeltas[0].raw(T.self)
    let deltaC = Rule.hasCell ? startDeltas[1].raw(T.self) : nil
    let memory = BackwardMemory(
      panels: UnsafePointer(panels), gates: UnsafePointer(record.gates.raw(T.self)),
      h: UnsafePointer(record.h.raw(T.self)), c: UnsafePointer(record.c.raw(T.self)),
      apart: UnsafePointer(record.apart.raw(T.self)), outputDelta: outputDelta, inputDelta: inputDelta,
      hiddenDelta: hiddenDelta)
    withLengths { lengths in
      ThreadPool.parallelFor(tasks: tasks) { task in
        let first = task &* Self.rowsPerTask
        let rows = min(Self.rowsPerTask, batch &- first)
        let carryH = panels + panelCount + 2 &* task &* carryPerTask
        let carryC = carryH + carryPerTask
        load(deltaH + first &* hidden, carryH, rows)
        if let deltaC { load(deltaC + first &* hidden, carryC, rows) }
        for step in 0..<steps {
          backwardStep(isReverse ? step : steps &- 1 &- step, first, rows, memory, carryH, carryC, lengths)
        }
        store(carryH, deltaH + first &* hidden, rows)
        if let deltaC { store(carryC, deltaC + first &* hidden, rows) }
      }
    }
    withExtendedLifetime((scratch, startDeltas)) {}
  }

  private struct BackwardMemory {
    let panels: UnsafePointer<T>
    let gates: UnsafePointer<T>
    let h: UnsafePointer<T>
    let c: UnsafePointer<T>
    let apart: UnsafePointer<T>
    let outputDelta: UnsafePointer<T>?
    let inputDelta: UnsafeMutablePointer<T>
    let hiddenDelta: UnsafeMutablePointer<T>
  }

  private func backwardStep(
    _ t: Int, _ first: Int, _ rows: Int, _ m: BackwardMemory, _ carryH: UnsafeMutablePointer<T>,
    _ carryC: UnsafeMutablePointer<T>, _ lengths: UnsafePointer<Int>?
  ) {
    let (before, after) = slots(t)
    let previous = before &* stateStride &+ first &* hidden
    let current = after &* stateStride &+ first &* hidden
    let output = t &* stateStride &+ first &* hidden
    let gates = (t &* batch &+ first) &* gateStride
    for row in 0..<rows {
      let rowGates = gates &+ row &* gateStride
      if let lengths, t >= lengths[first &+ row] {
        (m.inputDelta + rowGates).update(repeating: 0, count: gateStride)
        if Rule.apartGate != nil { (m.hiddenDelta + rowGates).update(repeating: 0, count: gateStride) }
        continue
      }
      for unit in stride(from: 0, to: hidden, by: width) {
        let place = row &* hidden &+ unit
        let carried = row &* paddedHidden &+ unit
        Rule.backward(
          BackwardRegister(
            lanes: min(width, hidden &- unit), gateStride: hidden, gates: m.gates + (rowGates &+ unit),
            inputDelta: m.inputDelta + (rowGates &+ unit), hiddenDelta: m.hiddenDelta + (rowGates &+ unit),
            previousH: m.h + (previous &+ place), h: m.h + (current &+ place),
            previousC: m.c + (Rule.hasCell ? previous &+ place : 0), c: m.c + (Rule.hasCell ? current &+ place : 0),
            apart: m.apart + (Rule.apartGate == nil ? 0 : output &+ place),
            outputDelta: m.outputDelta.map { $0 + (output &+ place) }, deltaH: carryH + carried,
            deltaC: carryC + carried))
      }
    }
    let depth = Rule.gates &* hidden
    let delta = UnsafePointer(m.hiddenDelta + gates)
    @inline(__always)
    func side(_ unit: Int) -> TileProduct.Side<T> {
      TileProduct.Side(
        panel: m.panels + unit &* depth, start: UnsafePointer(carryH + unit), startStride: paddedHidden,
        out: carryH + unit, outStride: paddedHidden)
    }
    var unit = 0
    while unit &+ width < hidden {
      TileProduct.runPair(rows: rows, depth: depth, delta, gateStride, side(unit), side(unit &+ width))
      unit &+= 2 &* width
    }
    if unit < hidden {
      let last = side(unit)
      TileProduct.run(
        rows: rows, depth: depth, delta, gateStride, last.panel, start: last.start, startStride: paddedHidden, last.out,
        paddedHidden)
    }
  }

  /// (rows, hidden) into rows of whole registers.
  private func load(_ source: UnsafePointer<T>, _ carry: UnsafeMutablePointer<T>, _ rows: Int) {
    for row in 0..<rows {
      let target = carry + row &* paddedHidden
      target.update(from: source + row &* hidden, count: hidden)
      (target + hidden).update(repeating: 0, count: paddedHidden &- hidden)
    }
  }

  private func store(_ carry: UnsafeMutablePointer<T>, _ target: UnsafeMutablePointer<T>, _ rows: Int) {
    for row in 0..<rows { (target + row &* hidden).update(from: carry + row &* paddedHidden, count: hidden) }
  }

  private func withLengths(_ body: (UnsafePointer<Int>?) -> Void) {
    guard let lengths else { return body(nil) }
    lengths.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}
