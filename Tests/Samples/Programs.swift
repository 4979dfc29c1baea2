import Foundation

/// Makes a program that a test runs at once.
///
/// The file itself is written by `cp`: a descriptor of ours, open for writing, is inherited by
/// whatever another test starts at that moment, and until that has become its program no other
/// process can run the file (ETXTBSY, execve(2); seen once in CI).
func writeProgram(_ text: String, to path: String, mode: Int = 0o755) throws {
    let draft = path + ".draft"
    try text.write(toFile: draft, atomically: false, encoding: .utf8)
    let copy = try Process.run(URL(filePath: "/bin/cp"), arguments: [draft, path])
    copy.waitUntilExit()
    try FileManager.default.removeItem(atPath: draft)
    guard copy.terminationStatus == 0 else { throw CocoaError(.fileWriteUnknown) }
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
}
