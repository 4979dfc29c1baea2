import Foundation
import SollolRuntime

StandardStreams.open()
// A service without User= has none, and what is started here needs one.
setenv("HOME", ConfigurationFiles.home, 1)
Signals.unblockAll()
let isDetached = DetachedStart.begin()
let status = CommandLineInterface.run(
    Array(CommandLine.arguments.dropFirst()), isDetached: isDetached)
if isDetached { DetachedStart.ends(with: status) }
exit(status.rawValue)
