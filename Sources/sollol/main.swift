import Foundation
import SollolRuntime

StandardStreams.open()
// Whoever polls a cluster goes on when a socket or standard error has lost its reader; what cannot
// be printed on standard output ends `sollol` there. A handler that does nothing, not SIG_IGN,
// which children would inherit.
signal(SIGPIPE) { _ in }
// A service without User= has none, and what is started here needs one.
setenv("HOME", ConfigurationFiles.home, 1)
Signals.unblockAll()
let isDetached = DetachedStart.begin()
let status = CommandLineInterface.run(
    Array(CommandLine.arguments.dropFirst()), isDetached: isDetached)
if isDetached { DetachedStart.ends(with: status) }
exit(status.rawValue)
