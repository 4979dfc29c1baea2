import Foundation
import SollolRuntime

StandardStreams.open()
OpenFiles.raiseLimit()
// Whoever polls a cluster goes on when a socket or standard error has lost its reader; what cannot
// be printed on standard output ends `sollol` there. A handler that does nothing, not SIG_IGN,
// which children would inherit.
signal(SIGPIPE) { _ in }
// A service without User= has none, and what is started here needs one.
setenv("HOME", ConfigurationFiles.home, 1)
// An entry that is relative, or empty, leads to the folder one happens to stand in: nobody has
// chosen what lies there.
if let path = ProcessInfo.processInfo.environment["PATH"] {
    let folders = path.split(separator: ":").filter { $0.hasPrefix("/") }
    setenv("PATH", folders.joined(separator: ":"), 1)
}
Signals.unblockAll()
let isDetached = DetachedStart.begin()
let status = CommandLineInterface.run(
    Array(CommandLine.arguments.dropFirst()), isDetached: isDetached)
if isDetached { DetachedStart.ends(with: status) }
exit(status.rawValue)
