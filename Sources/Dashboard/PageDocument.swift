import Basics
import Foundation

/// The page as one document: style and script are in it, nothing else is loaded, from anywhere.
/// Without its script it shows the same, and loads itself anew.
package enum PageDocument {
    /// What the page may do: the style and script that are written in it, by their digests, its own
    /// stream, and nothing else.
    static let policy =
        "default-src 'none'; style-src 'sha256-\(digest(style))'; "
        + "script-src 'sha256-\(digest(script))'; connect-src 'self'; img-src data:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    /// Of answers that are no page.
    static let nothing = "default-src 'none'; frame-ancestors 'none'"

    private static let style = text(PackageResources.page_css)
    private static let script = text(PackageResources.page_js)
    private static let frame = text(PackageResources.page_html)

    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    /// In base 64, as CSP has it (Content Security Policy Level 3, 6.7.3.3).
    private static func digest(_ text: String) -> String {
        let digits = Array(SHA256.hex(text.utf8).utf8)
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(decoding: digits[$0...$0 + 1], as: UTF8.self), radix: 16)
        }
        return Data(bytes).base64EncodedString()
    }

    /// The document of a view.
    package static func html(_ view: DashboardView) -> String {
        var text = ""
        var rest = frame[...]
        // Filled from front to end, so that nothing that is put in is looked at again.
        while let start = rest.firstRange(of: "{{"), let end = rest.firstRange(of: "}}") {
            text += rest[..<start.lowerBound]
            text += value(String(rest[start.upperBound..<end.lowerBound]), view)
            rest = rest[end.upperBound...]
        }
        return text + rest
    }

    private static func value(_ name: String, _ view: DashboardView) -> String {
        switch name {
        case "style": style
        case "script": script
        case "cluster": HTMLText("\(view.status.cluster)").text
        case "version": HTMLText("\(view.version)").text
        case "time": view.time.description
        case "address": HTMLText("\(view.tunnel)").text
        default: DashboardView.Part(rawValue: name).map { view.html($0).text } ?? ""
        }
    }
}
