import Basics

/// Connections to hosts that were looked at, kept for the servers that will run there: setting up
/// another costs more than all of the look does (90 ms of CPU, most of it for the key exchange;
/// measured, OpenSSH 9.2), and a login can take seconds.
///
/// A class, since whoever takes one owns it.
package final class OpenConnections {
    private var shells: [[String]: ShellProcess] = [:]

    /// None yet.
    package init() {}

    /// Keeps a shell that has read the guard and waits for its server.
    ///
    /// - Parameter carrier: the ssh client's command line.
    func keep(_ shell: ShellProcess, for carrier: [String]) { shells[carrier] = shell }

    /// Whether there is one.
    func has(_ carrier: [String]) -> Bool { shells[carrier] != nil }

    /// The shell behind that very command line, once.
    func take(_ carrier: [String]) -> ShellProcess? {
        guard let shell = shells.removeValue(forKey: carrier) else { return nil }
        if shell.isRunning { return shell }
        shell.close()
        return nil
    }

    /// Closes all but these, side by side; returns when they are gone, or after so many seconds.
    func close(except wanted: [[String]] = [], within patience: Double = 1) {
        let others = shells.filter { !wanted.contains($0.key) }
        for (carrier, shell) in others {
            shells[carrier] = nil
            shell.kill()
        }
        let deadline = EventLoop.now + patience
        for shell in others.values {
            shell.waitForEnd(until: deadline)
            shell.close()
        }
    }

    /// Closes all of them, and returns when they are gone, or after a second.
    package func closeAll() { close() }
}
