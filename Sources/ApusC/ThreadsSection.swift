import ApusNumerics
import CApus

@_cdecl("apus_set_num_threads") @implementation
public func apus_set_num_threads(_ count: Int32) -> apus_status {
  boundary { try ThreadPool.setThreadCount(Int(count)) }
}

@_cdecl("apus_get_num_threads") @implementation
public func apus_get_num_threads() -> Int32 { Int32(ThreadPool.threadCount) }

@_cdecl("apus_memory_limit") @implementation
public func apus_memory_limit(_ bytes: Int64) -> apus_status {
  boundary { Allocator.limitLiveBytes(to: bytes < 0 ? nil : Int(bytes)) }
}

@_cdecl("apus_memory_live_bytes") @implementation
public func apus_memory_live_bytes() -> Int64 { Int64(Allocator.liveByteCount) }

@_cdecl("apus_memory_live_blocks") @implementation
public func apus_memory_live_blocks() -> Int64 { Int64(Allocator.liveBlockCount) }

@_cdecl("apus_memory_fail_after") @implementation
public func apus_memory_fail_after(_ count: Int64) { Allocator.failAfter(Int(count)) }
