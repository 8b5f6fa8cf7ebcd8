using static Partner.Demo.Requests;

namespace Partner.Demo.Types;

internal static class Logs
{
    public static readonly IReadOnlyList<Client> Clients =
    [
        .. DatadogClients.All.Select(client => new Client(
            client.Name.Replace('-', '_'),
            call => client.Logs(call.Gateway, call.Key, [.. call.Markers.Select(marker => Item(marker, client.Name))])
        )),
    ];

    private static string Item(string marker, string client) =>
        OneLine(
            $$"""
            {"message":"{{marker}} \u00e9\ud83d\udc36","ddsource":"demo","service":"{{client}}",
             "nested":{"a":[1,2.50,null]} }
            """
        );
}
