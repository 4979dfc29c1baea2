import Foundation
import SollolCore
import SollolRuntime

Signals.unblockAll()
exit(CommandLineInterface.run(Array(CommandLine.arguments.dropFirst())).rawValue)
