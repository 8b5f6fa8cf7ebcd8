using Partner.Testing;

namespace Partner.Logs.Tests;

/// <summary>A JSON object per line.</summary>
public sealed partial class LogsContractTests
{
    private static readonly RequestCase[] Lines =
    [
        new(
            "logs, an object per line",
            V2Path,
            "{\"message\":\"a\"}\r\n\n {\"message\":\"b\"}\n",
            "application/x-ndjson"
        ),
        new("logs, an object per line", V2Path, "{\"message\":\"a\"}\n{}", "application/jsonl"),
        new("nothing but lines that are not JSON", V2Path, "a line\n[", "application/x-ndjson"),
        new("a line that is not JSON, beside a log", V2Path, "{\"message\":\"a\"} x\n{}\n", "application/x-ndjson"),
        new("what is not an object, beside a log", V2Path, "[]\n{}\n", "application/x-ndjson"),
    ];
}
