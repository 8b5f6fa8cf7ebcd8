using System.Text.Json;
using static Partner.Demo.Requests;

namespace Partner.Demo.Types;

/// <summary>Incidents are made one by one, while the caller waits (datadog-facts 3.7).</summary>
internal static class Incidents
{
    public static readonly IReadOnlyList<Client> Clients =
    [
        new(
            "api_client",
            call =>
                Post(
                    call.Gateway,
                    "api/v2/incidents",
                    "dd-api-key",
                    call.Key,
                    Bytes(Incident(call.Markers[0])),
                    "application/json",
                    null
                ),
            Requests: 3,
            Items: 1
        ),
    ];

    private static string Incident(string title) =>
        JsonSerializer.Serialize(
            new
            {
                data = new
                {
                    type = "incidents",
                    attributes = new
                    {
                        title,
                        customer_impacted = false,
                        fields = new { severity = new { type = "dropdown", value = "SEV-4" } },
                    },
                },
            }
        );
}
