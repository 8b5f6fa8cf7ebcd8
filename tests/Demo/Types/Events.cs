using static Partner.Demo.Requests;

namespace Partner.Demo.Types;

/// <summary>Events v1, one per request (datadog-facts 3.4).</summary>
internal static class Events
{
    public static readonly IReadOnlyList<Client> Clients =
    [
        new(
            "api_client",
            call =>
                Post(
                    call.Gateway,
                    "api/v1/events",
                    "dd-api-key",
                    call.Key,
                    Bytes(Event(call)),
                    "application/json",
                    null
                ),
            Requests: 5,
            Items: 1
        ),
        new(
            "agent",
            call =>
                Post(
                    call.Gateway,
                    "api/v1/events",
                    "DD-API-KEY",
                    call.Key,
                    Deflate(Event(call)),
                    "application/json",
                    "deflate"
                ),
            Requests: 5,
            Items: 1
        ),
    ];

    private static string Event(Call call) =>
        OneLine(
            $$"""
            {"title":"{{call.Markers[0]}}","text":"%%% \n**deployed** \u00e9\n %%%",
             "date_happened":{{call.Seconds}},"alert_type":"info","priority":"normal","tags":["env:demo"]}
            """
        );
}
