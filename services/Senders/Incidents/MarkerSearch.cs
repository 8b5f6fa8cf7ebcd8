using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Partner.Incidents;

/// <summary>The outcome of a search for a marker.</summary>
internal abstract record Finding
{
    /// <param name="Answer">What the lost answer said, as it is read now.</param>
    public sealed record Found(DatadogAnswer Answer) : Finding;

    public sealed record Absent : Finding;

    /// <summary>The grant lacks <c>incident_read</c>.</summary>
    public sealed record Forbidden : Finding;

    public sealed record Failed : Finding;
}

/// <summary>
/// Looks for what a call without an answer may have made. The documented query is of facets
/// (<c>state:active AND severity:SEV-2</c>) and says nothing of words, so the marker itself is asked for first and then
/// the newest incidents of any state; either way only a title that holds the marker counts.
/// </summary>
internal sealed class MarkerSearch(DatadogCalls datadog)
{
    /// <summary>The most that Datadog gives (datadog-facts 3.7).</summary>
    private const int PageSize = 100;
    private const int MaxPages = 5;
    private const string SearchPath = "/api/v2/incidents/search";
    private const string AnyState = "state:(active OR stable OR resolved OR completed)";

    /// <param name="path">Needed for an impact only: where its incident's are.</param>
    public async Task<Finding> FindAsync(
        ConnectionId connection,
        IncidentEndpoint operation,
        string? path,
        string marker,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await QueryAsync(connection, operation, path, marker, cancellationToken);
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            // An answer of another shape, or with a name twice, says nothing of the marker.
            return new Finding.Failed();
        }
    }

    private async Task<Finding> QueryAsync(
        ConnectionId connection,
        IncidentEndpoint operation,
        string? path,
        string marker,
        CancellationToken cancellationToken
    )
    {
        if (operation == IncidentEndpoint.Impact)
        {
            return await FindImpactAsync(connection, path!, marker, cancellationToken);
        }

        var finding = await SearchAsync(connection, marker, marker, 1, cancellationToken);
        // Incidents are few: more than some pages of them since the call are not to be expected.
        return finding is Finding.Absent
            ? await SearchAsync(connection, AnyState, marker, MaxPages, cancellationToken)
            : finding;
    }

    private async Task<Finding> SearchAsync(
        ConnectionId connection,
        string query,
        string marker,
        int maxPages,
        CancellationToken cancellationToken
    )
    {
        for (var page = 0; page < maxPages; page++)
        {
            var (failure, body) = await ReadAsync(
                connection,
                SearchPath,
                $"{SearchPath}?query={Uri.EscapeDataString(query)}&sort=-created&page[size]={PageSize}&page[offset]={page * PageSize}",
                cancellationToken
            );
            if (failure is not null)
            {
                return failure;
            }

            // {"data":{"attributes":{"incidents":[{"data":{"id":"...","attributes":{"title":"..."}}}]}}}
            var incidents = body?["data"]?["attributes"]?["incidents"] as JsonArray ?? [];
            var found = incidents.Select(i => i?["data"]).FirstOrDefault(i => Holds(i, "title", marker));
            if (
                found?["id"]?.GetValue<string>() is { } id
                && Guid.TryParse(id, CultureInfo.InvariantCulture, out var guid)
            )
            {
                return await ReadIncidentAsync(connection, guid, cancellationToken);
            }

            if (incidents.Count < PageSize)
            {
                break;
            }
        }

        return new Finding.Absent();
    }

    private async Task<Finding> ReadIncidentAsync(ConnectionId connection, Guid id, CancellationToken cancellationToken)
    {
        var outcome = await datadog.SendAsync(
            connection,
            HttpMethod.Get,
            IncidentEndpoint.Update.Route,
            $"/api/v2/incidents/{id}",
            null,
            cancellationToken
        );
        return outcome is CallOutcome.Answered { Answer: { Status: 200 } answer }
            ? new Finding.Found(answer with { Status = StatusCodes.Status201Created, Headers = [] })
            : new Finding.Failed();
    }

    private async Task<Finding> FindImpactAsync(
        ConnectionId connection,
        string path,
        string marker,
        CancellationToken cancellationToken
    )
    {
        var (failure, body) = await ReadAsync(connection, IncidentEndpoint.Impact.Route, path, cancellationToken);
        if (failure is not null)
        {
            return failure;
        }

        var found = (body?["data"] as JsonArray ?? []).FirstOrDefault(i => Holds(i, "description", marker));
        return found is null
            ? new Finding.Absent()
            : new Finding.Found(
                new DatadogAnswer(
                    StatusCodes.Status201Created,
                    "application/json",
                    JsonSerializer.SerializeToUtf8Bytes(new JsonObject { ["data"] = found.DeepClone() }),
                    []
                )
            );
    }

    private async Task<(Finding? Failure, JsonNode? Body)> ReadAsync(
        ConnectionId connection,
        string route,
        string pathAndQuery,
        CancellationToken cancellationToken
    )
    {
        var outcome = await datadog.SendAsync(connection, HttpMethod.Get, route, pathAndQuery, null, cancellationToken);
        if (outcome is not CallOutcome.Answered { Answer: var answer } || answer.Status is not (200 or 401 or 403))
        {
            return (new Finding.Failed(), null);
        }

        try
        {
            return answer.Status == 200
                ? (null, JsonNode.Parse(JsonText.Readable(answer.Body)))
                : (new Finding.Forbidden(), null);
        }
        catch (JsonException)
        {
            return (new Finding.Failed(), null);
        }
    }

    private static bool Holds(JsonNode? item, string field, string marker) =>
        item?["attributes"]?[field] is JsonValue value
        && value.TryGetValue<string>(out var text)
        && text.Contains(Marker.SuffixOf(marker), StringComparison.Ordinal);
}
