using System.Text;

namespace Partner.Bench.Load;

/// <summary>Bodies as Datadog's own clients make them (datadog-facts 3.2 to 3.7).</summary>
internal static class Shapes
{
    private const int LogBytes = 500;

    private static readonly string[] Paths = ["/", "/login", "/api/orders", "/api/orders/7", "/static/app.js"];

    private static readonly string[] Vocabulary =
    [
        "order",
        "customer",
        "payment",
        "accepted",
        "retry",
        "timeout",
        "queue",
        "worker",
        "shipped",
        "cart",
        "session",
        "expired",
        "upstream",
        "cache",
        "miss",
        "hit",
        "connection",
        "closed",
        "by",
        "peer",
        "request",
        "completed",
        "in",
        "ms",
        "with",
        "status",
        "user",
        "signed",
        "out",
        "from",
        "address",
        "invalid",
        "token",
        "renewed",
        "for",
        "tenant",
        "Mozilla/5.0",
        "(X11;",
        "Linux",
        "x86_64)",
        "AppleWebKit/537.36",
        "(KHTML,",
        "like",
        "Gecko)",
        "Chrome/126.0.0.0",
        "Safari/537.36",
        "Firefox/127.0",
        "curl/8.5.0",
        "Windows",
        "NT",
        "10.0;",
        "Win64;",
        "2026-05-04",
        "INFO",
        "WARN",
    ];

    public static readonly IReadOnlyList<Shape> All =
    [
        new("logs", "api/v2/logs", "api/v2/logs", 100, true, "[", "]", (random, now) => Log(random, now)),
        new(
            "metrics",
            "api/v2/series",
            "api/v2/series",
            100,
            true,
            "{\"series\":[",
            "]}",
            (random, now) => Series(random, now)
        ),
        new("events", "api/v1/events", "api/v1/events", 1, true, "", "", (random, now) => Event(random, now)),
        new("checks", "api/v1/check_run", "api/v1/check_run", 100, true, "[", "]", (random, now) => Check(random, now)),
        new(
            "traces",
            "v1/traces",
            "v1/traces",
            100,
            false,
            """
            {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"scope":{"name":"bench"},"spans":[
            """,
            "]}]}]}",
            (random, now) => Span(random, now)
        ),
        new(
            "incidents",
            "api/v2/incidents",
            "api/v2/incidents",
            1,
            false,
            "",
            "",
            (random, _) => Incident(random),
            IsAwaited: true
        ),
    ];

    /// <summary>500 bytes, an access log with its attributes; they compress to about a fifth, as such logs do.</summary>
    private static string Log(Random random, DateTimeOffset now)
    {
        var head = $$"""
            {"message":"10.0.{{random.Next(256)}}.{{random.Next(256)}} - {{Shape.Mark}} GET {{Pick(
                random
            )}} HTTP/1.1 {{random.Next(100, 600)}} {{random.Next(
                90_000
            )}}","ddsource":"nginx","ddtags":"env:prod,version:1.4.{{random.Next(9)}}","hostname":"web-{{random.Next(
                40
            )}}","service":"shop","status":"info","timestamp":{{now.ToUnixTimeMilliseconds()}},"http":{"request_id":"{{Hex(
                random,
                16
            )}}","detail":"
            """;
        const string Tail = "\"}}";
        return head + Words(random, LogBytes - head.Length - Tail.Length) + Tail;
    }

    private static string Series(Random random, DateTimeOffset now) =>
        $$"""
            {"metric":"{{Shape.Mark}}","type":3,"points":[{"timestamp":{{now.ToUnixTimeSeconds()}},"value":{{random.Next(
                10_000
            )}}.5}],"resources":[{"type":"host","name":"web-{{random.Next(
                40
            )}}"}],"tags":["env:prod","queue:q{{random.Next(100)}}"]}
            """;

    private static string Event(Random random, DateTimeOffset now) =>
        $$"""
            {"title":"Deployed {{Shape.Mark}}","text":"%%% \n**release** {{Words(
                random,
                100
            )}}\n %%%","date_happened":{{now.ToUnixTimeSeconds()}},"alert_type":"info","priority":"normal","tags":["env:prod"]}
            """;

    private static string Check(Random random, DateTimeOffset now) =>
        $$"""
            {"check":"{{Shape.Mark}}","host_name":"web-{{random.Next(40)}}","status":{{random.Next(
                4
            )}},"timestamp":{{now.ToUnixTimeSeconds()}},"message":"{{Words(random, 40)}}","tags":["env:prod"]}
            """;

    private static string Span(Random random, DateTimeOffset now)
    {
        var start = now.ToUnixTimeMilliseconds() * 1_000_000;
        return $$$"""
            {"traceId":"{{{Hex(random, 16)}}}","spanId":"{{{Hex(
                random,
                8
            )}}}","name":"{{{Shape.Mark}}}","kind":2,"startTimeUnixNano":"{{{start}}}","endTimeUnixNano":"{{{start
                + 1_500_000}}}","attributes":[{"key":"http.route","value":{"stringValue":"{{{Pick(
                random
            )}}}"}}],"status":{}}
            """;
    }

    private static string Incident(Random random) =>
        $$$$"""
            {"data":{"type":"incidents","attributes":{"title":"Checkout fails {{{{Shape.Mark}}}}","customer_impacted":false,"fields":{"severity":{"type":"dropdown","value":"SEV-{{{{random.Next(
                1,
                6
            )}}}}"},"state":{"type":"dropdown","value":"active"},"detection_method":{"type":"dropdown","value":"monitor"},"summary":{"type":"textbox","value":"{{{{Words(
                random,
                100
            )}}}}"}},"initial_cells":[{"cell_type":"markdown","content":{"content":"**first seen** {{{{Words(
                random,
                60
            )}}}}"}}]}}}
            """;

    private static string Pick(Random random) => Paths[random.Next(Paths.Length)];

    private static string Hex(Random random, int bytes)
    {
        var value = new byte[bytes];
        random.NextBytes(value);
        return Convert.ToHexStringLower(value);
    }

    /// <summary>Words of a vocabulary, as texts have, so that compression costs and gains what it does on real ones.</summary>
    private static string Words(Random random, int length)
    {
        var text = new StringBuilder(length + 16);
        while (text.Length < length)
        {
            text.Append(Vocabulary[random.Next(Vocabulary.Length)]).Append(' ');
        }

        return text.ToString(0, Math.Max(0, length));
    }
}
