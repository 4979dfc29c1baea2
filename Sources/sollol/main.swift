import Foundation
import SollolCore
import SollolRuntime

StandardStreams.open()
Signals.unblockAll()
let isDetached = DetachedStart.begin()
let status = CommandLineInterface.run(
    Array(CommandLine.arguments.dropFirst()), isDetached: isDetached)
if isDetached { DetachedStart.ends(with: status) }
exit(status.rawValue)
