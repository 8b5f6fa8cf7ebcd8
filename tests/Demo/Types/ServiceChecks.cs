using static Partner.Demo.Requests;

namespace Partner.Demo.Types;

/// <summary>An array as the Agent sends, and single objects as scripts do (datadog-facts 3.5).</summary>
internal static class ServiceChecks
{
    public static readonly IReadOnlyList<Client> Clients =
    [
        new(
            "agent",
            call =>
                Post(
                    call.Gateway,
                    "api/v1/check_run",
                    "DD-API-KEY",
                    call.Key,
                    Deflate(Array(call.Markers.Select(marker => Check(marker, call)))),
                    "application/json",
                    "deflate"
                )
        ),
        new(
            "script",
            call =>
                Post(
                    call.Gateway,
                    "api/v1/check_run",
                    "DD-API-KEY",
                    call.Key,
                    Bytes(Check(call.Markers[0], call)),
                    "application/json",
                    null
                ),
            Requests: 5,
            Items: 1
        ),
    ];

    private static string Check(string marker, Call call) =>
        OneLine(
            $$"""
            {"check":"{{marker}}","host_name":"demo","status":0,
             "timestamp":{{call.Seconds}},"message":"up","tags":["env:demo"]}
            """
        );
}
