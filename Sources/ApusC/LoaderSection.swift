import ApusAutograd
import ApusNN
import ApusNumerics
import CApus

/// A sampler that C programs hold.
final class SamplerBox: HandleObject {
  static var handleType: HandleType { .sampler }
  let sampler: any Sampler

  init(_ sampler: any Sampler) { self.sampler = sampler }
}

/// A data loader that C programs hold, with the epoch it is in.
final class LoaderBox: HandleObject {
  static var handleType: HandleType { .loader }
  let loader: DataLoader
  private let epoch = Lock<DataLoader.Epoch?>(nil)

  init(_ loader: DataLoader) { self.loader = loader }

  /// The next batch, of a new epoch where none is under way; nil, once, at an epoch's end.
  func next() throws -> [Tensor]? {
    try epoch.withLock { epoch in
      var current = try epoch ?? loader.makeEpoch()
      let batch = try current.next()
      epoch = batch == nil ? nil : current
      return batch
    }
  }

  /// Leaves the epoch under way.
  func restart() { epoch.withLock { $0 = nil } }
}

private func sampler(_ handle: OpaquePointer?) throws -> any Sampler {
  try HandleTable.object(handle, SamplerBox.self, argument: "sampler").sampler
}

private func loader(_ handle: OpaquePointer?) throws -> LoaderBox {
  try HandleTable.object(handle, LoaderBox.self, argument: "loader")
}

@_cdecl("apus_sampler_create") @implementation
public func apus_sampler_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ kind: UnsafePointer<CChar>?, _ options: UnsafePointer<apus_option>?,
  _ optionCount: Int64
) -> apus_status {
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(
      SamplerBox(try SamplerKinds.make(try text(kind, "kind"), try OptionValues.imported(options, optionCount))))
  }
}

@_cdecl("apus_sampler_indices") @implementation
public func apus_sampler_indices(_ out: UnsafeMutablePointer<OpaquePointer?>?, _ handle: OpaquePointer?)
  -> apus_status
{
  boundary {
    let out = try output(out)
    out.pointee = HandleTable.insert(try sampler(handle).indices())
  }
}

@_cdecl("apus_sampler_count") @implementation
public func apus_sampler_count(_ out: UnsafeMutablePointer<Int64>?, _ handle: OpaquePointer?) -> apus_status {
  boundary {
    guard let out else { throw BoundaryError.null("out") }
    out.pointee = 0
    out.pointee = Int64(try sampler(handle).count)
  }
}

@_cdecl("apus_sampler_free") @implementation
public func apus_sampler_free(_ sampler: OpaquePointer?) { HandleTable.remove(sampler, SamplerBox.self) }

@_cdecl("apus_loader_create") @implementation
public func apus_loader_create(
  _ out: UnsafeMutablePointer<OpaquePointer?>?, _ list: UnsafePointer<OpaquePointer?>?, _ count: Int64,
  _ samplerHandle: OpaquePointer?, _ options: UnsafePointer<apus_option>?, _ optionCount: Int64
) -> apus_status {
  boundary {
    let out = try output(out)
    let dataset = try TensorDataset(try requiredTensors(list, count, "tensors"))
    let values = try OptionValues.imported(options, optionCount)
    let seed = try values.optionalInt("seed")
    let loader = try DataLoader(
      dataset, batchSize: try values.int("batch_size", 1), shuffle: try values.bool("shuffle", false),
      sampler: try samplerHandle.map { try sampler($0) }, dropLast: try values.bool("drop_last", false),
      generator: seed.map { Generator(seed: UInt64(bitPattern: Int64($0))) } ?? .default)
    try values.finish("apus_loader_create")
    out.pointee = HandleTable.insert(LoaderBox(loader))
  }
}

@_cdecl("apus_loader_count") @implementation
public func apus_loader_count(_ out: UnsafeMutablePointer<Int64>?, _ handle: OpaquePointer?) -> apus_status {
  boundary {
    guard let out else { throw BoundaryError.null("out") }
    out.pointee = 0
    out.pointee = Int64(try loader(handle).loader.batchCount)
  }
}

@_cdecl("apus_loader_next") @implementation
public func apus_loader_next(
  _ outputs: UnsafeMutablePointer<OpaquePointer?>?, _ capacity: Int64, _ count: UnsafeMutablePointer<Int64>?,
  _ handle: OpaquePointer?
) -> apus_status {
  boundary {
    try store(outputs, capacity, count) {
      let box = try loader(handle)
      let width = box.loader.dataset.tensors.count
      // Before the batch is taken, so that a refused call loses none.
      guard width <= capacity else {
        throw ApusError.invalidArgument(name: "capacity", reason: "\(capacity) is less than the \(width) tensors")
      }
      guard outputs != nil else { throw BoundaryError.null("outputs") }
      return try box.next() ?? []
    }
  }
}

@_cdecl("apus_loader_restart") @implementation
public func apus_loader_restart(_ handle: OpaquePointer?) -> apus_status {
  boundary { try loader(handle).restart() }
}

@_cdecl("apus_loader_free") @implementation
public func apus_loader_free(_ loader: OpaquePointer?) { HandleTable.remove(loader, LoaderBox.self) }
