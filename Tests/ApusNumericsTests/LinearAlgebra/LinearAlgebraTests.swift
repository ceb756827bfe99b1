import Testing

/// All tests of the linear algebra room. Serialised, because they set the thread count and make allocations fail, which
/// concern the whole process.
@Suite(.serialized) enum LinearAlgebraTests {}
