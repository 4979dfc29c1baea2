import Basics
import Foundation
import Remote

/// Shells on this machine that have read the guard already and wait for its server: to start one
/// takes longer than all the rest of a guard, and in a recovery there are two in a row.
///
/// They end with `sollol`, as guards do, since their leash is read for the next line.
final class PreparedShells {
    /// Seconds that replacements wait, so that they are not in the way of what is starting.
    private static let pause = 1.0

    private let loop: EventLoop
    private let wanted: Int
    private var shells: [ShellProcess] = []
    private var timer: Int?

    /// - Parameter wanted: how many are kept.
    init(_ wanted: Int, loop: EventLoop) {
        self.wanted = wanted
        self.loop = loop
    }

    /// A shell that has read the guard, or nil where none can be started; others take its place.
    func take() -> ShellProcess? {
        loop.cancel(timer)
        timer = loop.at(EventLoop.now + Self.pause) { [self] in refill() }
        while let shell = shells.popLast() {
            if shell.isRunning { return shell }
            shell.close()
        }
        return try? Self.start()
    }

    private func refill() {
        while shells.count < wanted, let shell = try? Self.start() { shells.append(shell) }
    }

    private static func start() throws -> ShellProcess {
        var environment = ProcessInfo.processInfo.environment
        environment[Guard.inheritedVariable] = Guard.preparation
        return try ShellProcess(Guard.inheritedCommand, environment: environment)
    }

    /// Ends them.
    func end() {
        loop.cancel(timer)
        for shell in shells {
            shell.kill()
            shell.close()
        }
        shells = []
    }
}
