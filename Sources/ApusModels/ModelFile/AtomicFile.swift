import ApusNumerics
import Glibc

/// Replaces a file as a whole: readers see the old content or the new one, also after a crash.
///
/// The content goes to a temporary file in the same folder, is flushed to the disk, and takes the place of the old file by
/// `rename`; then the folder is flushed. Whatever fails on the way, the temporary file is removed and the old file is
/// as it was. A symbolic link stays a link: the file it names is replaced. Permissions of a replaced file are kept.
final class AtomicFile {
  private let path: String
  private let folder: String
  private let temporaryPath: String
  private let descriptor: CInt
  private var isFinished = false

  /// Replaces the file at `path` by what `body` writes.
  ///
  /// - Parameter byteCount: the number of bytes `body` will write.
  /// - Throws: ``ApusError/inputOutput(path:reason:)``, and whatever `body` throws.
  static func replace(
    _ path: String, byteCount: Int, _ body: (AtomicFile) throws -> Void
  ) throws {
    let file = try AtomicFile(path: path, byteCount: byteCount)
    try body(file)
    try file.commit()
  }

  private init(path: String, byteCount: Int) throws(ApusError) {
    try FilePath.check(path)
    let path = Self.resolvingLink(path)
    self.path = path
    var status = stat()
    let exists = stat(path, &status) == 0
    if exists, status.st_mode & S_IFMT != S_IFREG {
      throw .inputOutput(path: path, reason: FilePath.isDirectory(status) ? "is a directory" : "is not a regular file")
    }
    if exists, faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0 { throw FilePath.failure(path, errno) }
    // Beyond this limit a write would raise a signal that ends the process.
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0, limit.rlim_cur < UInt64(clamping: byteCount)
    {
      throw FilePath.failure(path, EFBIG)
    }
    let (folder, name) = FilePath.split(path)
    self.folder = folder
    (temporaryPath, descriptor) = try Self.makeTemporaryFile(beside: path, folder: folder, name: name)
    if exists { fchmod(descriptor, status.st_mode & 0o777) }
  }

  deinit {
    if !isFinished {
      close(descriptor)
      unlink(temporaryPath)
    }
  }

  /// Appends bytes.
  func write(_ bytes: UnsafeRawBufferPointer) throws(ApusError) {
    var done = 0
    while done < bytes.count {
      let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
      let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw FilePath.failure(path, errno)
      }
      done &+= count
    }
  }

  /// Overwrites bytes already written.
  func overwrite(_ bytes: [UInt8], at offset: Int) throws(ApusError) {
    guard pwrite(descriptor, bytes, bytes.count, offset) == bytes.count else { throw FilePath.failure(path, errno) }
  }

  private func commit() throws(ApusError) {
    guard fsync(descriptor) == 0 else { throw FilePath.failure(path, errno) }
    guard rename(temporaryPath, path) == 0 else { throw FilePath.failure(path, errno) }
    isFinished = true
    close(descriptor)
    try flushFolder()
  }

  /// Makes the rename itself durable. File systems that cannot flush a folder say EINVAL; the rename stands regardless.
  private func flushFolder() throws(ApusError) {
    let folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folderDescriptor >= 0 else { return }
    defer { close(folderDescriptor) }
    guard fsync(folderDescriptor) == 0 || errno == EINVAL || errno == EROFS else {
      throw FilePath.failure(path, errno)
    }
  }

  private static func makeTemporaryFile(
    beside path: String, folder: String, name: String
  ) throws(ApusError) -> (path: String, descriptor: CInt) {
    // Short enough for the longest file name a folder takes, whatever `name` is.
    let stem = String(decoding: name.utf8.prefix(128), as: UTF8.self)
    for _ in 0..<100 {
      let candidate = "\(folder)/.\(stem).\(Hexadecimal.text(UInt64.random(in: 0...UInt64.max))).tmp"
      let descriptor = open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o666)
      if descriptor >= 0 { return (candidate, descriptor) }
      if errno != EEXIST { throw FilePath.failure(path, errno) }
    }
    throw FilePath.failure(path, EEXIST)
  }

  private static func resolvingLink(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
