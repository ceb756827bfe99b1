import ApusNumerics
import Glibc

/// A regular file opened for reading; closed with the object.
///
/// Directories, pipes and devices are refused, and opening never waits for a writer of a pipe.
final class InputFile: ByteSource {
  let byteCount: Int
  private let path: String
  private let descriptor: CInt

  init(path: String) throws(ApusError) {
    try FilePath.check(path)
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { throw FilePath.failure(path, errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw FilePath.failure(path, code)
    }
    guard status.st_mode & S_IFMT == S_IFREG, let byteCount = Int(exactly: status.st_size) else {
      close(descriptor)
      throw .inputOutput(path: path, reason: FilePath.isDirectory(status) ? "is a directory" : "is not a regular file")
    }
    self.path = path
    self.descriptor = descriptor
    self.byteCount = byteCount
  }

  deinit { close(descriptor) }

  func read(at offset: Int, into target: UnsafeMutableRawBufferPointer) throws(ApusError) {
    var done = 0
    while done < target.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: target[done...])
      let (position, overflow) = offset.addingReportingOverflow(done)
      let count = overflow ? 0 : pread(descriptor, rest.baseAddress, rest.count, position)
      if count < 0 {
        if errno == EINTR { continue }
        throw FilePath.failure(path, errno)
      }
      guard count > 0 else { throw .malformedFile(reason: "file: ends early, more was expected") }
      done &+= count
    }
  }
}
