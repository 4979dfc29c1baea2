import Foundation
import SollolCore
import SollolRuntime

exit(CommandLineInterface.run(Array(CommandLine.arguments.dropFirst())).rawValue)
