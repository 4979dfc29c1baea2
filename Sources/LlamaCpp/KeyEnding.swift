/// The end of an API key in llama-server's log.
///
/// At `-lv 4` it prints the last four bytes of a single key, all of a shorter one (measured, build
/// 11669; older releases alike, with `api_key`):
///
///     0.00.015.282 I srv  init_listene: api_keys: ****cdef
package enum KeyEnding {
    /// The line without it.
    package static func blanked(_ line: String) -> String {
        guard let key = line.firstRange(of: "api_key"),
            let stars = line[key.upperBound...].firstRange(of: "****")
        else { return line }
        return String(line[..<stars.upperBound])
    }
}
