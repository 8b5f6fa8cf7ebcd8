using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Partner.Sandbox.Intake;
using Partner.Sandbox.OAuth;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Reads;

/// <summary>A few reads with a bearer token, one for each of the four styles of paging (datadog-facts 4).</summary>
internal static class ReadsApi
{
    private const int MostMonitors = 1_000;
    private const int MostMetrics = 10_000;
    private const int MostLogs = 1_000;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DictionaryKeyPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    public static RouteGroupBuilder MapReadsApi(this RouteGroupBuilder routes)
    {
        routes.MapGet("/api/v1/monitor", Read("monitors_read", Monitors));
        routes.MapGet("/api/v1/dashboard", Read("dashboards_read", Dashboards));
        routes.MapGet("/api/v2/metrics", Read("metrics_read", Metrics));
        routes.MapGet("/api/v1/query", Read("timeseries_query", Query));
        routes.MapPost("/api/v2/logs/events/search", (Delegate)SearchLogs);
        routes.MapPost("/api/v1/monitor", (Delegate)EditMonitor);
        routes.MapPut("/api/v1/monitor/{id:int}", (Delegate)EditMonitor);
        return routes;
    }

    private static Delegate Read(string scope, Func<Org, int, IQueryCollection, Answer> read) =>
        (HttpContext context, SandboxState state) =>
            Refusal(context, state, scope)
            ?? read(context.Exchange().Grant!.Org, state.Settings.Rows, context.Request.Query);

    private static Answer? Refusal(HttpContext context, SandboxState state, string scope) =>
        context.Exchange() switch
        {
            { Grant: null, Key: not null } => Answer.Forbidden(ReadFact.KeyAlone),
            { Grant: null } => Answer.Unauthorized(ReadFact.BearerDead),
            { Grant: var grant } => grant.Scopes.Contains(scope)
                ? state.ReadLimits.Count(context, grant.Org, scope, state.Settings)
                : Answer.Forbidden(ReadFact.Scope),
        };

    // It is not kept: the answer shows what came in.
    private static async Task<Answer> EditMonitor(HttpContext context, SandboxState state, int id = 1)
    {
        if (Refusal(context, state, "monitors_write") is { } refusal)
        {
            return refusal;
        }

        try
        {
            var monitor = JsonNode.Parse(await ReadableAsync(context))!.AsObject();
            monitor["id"] = id;
            return Ok(monitor);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return Answer.Errors(400, "The value provided for parameter 'body' is invalid", ReadFact.Query);
        }
    }

    // Style 1, a page's number. Without one, everything comes at once.
    private static Answer Monitors(Org org, int rows, IQueryCollection query)
    {
        var all = OrgData.Monitors(org, rows);
        return query.ContainsKey("page")
            ? Whole(query["page"], 0, int.MaxValue, 0) is { } page
            && Whole(query["page_size"], 1, MostMonitors, 100) is { } size
                ? Ok(all.Skip((int)Math.Min((long)page * size, int.MaxValue)).Take(size))
                : BadPage()
            : Ok(all);
    }

    // Style 2, an offset.
    private static Answer Dashboards(Org org, int rows, IQueryCollection query) =>
        Whole(query["start"], 0, int.MaxValue, 0) is { } start
        && Whole(query["count"], 1, int.MaxValue, 100) is { } count
            ? Ok(new { dashboards = OrgData.Dashboards(org, rows).Skip(start).Take(count) })
            : BadPage();

    // Style 3, a cursor in the query. Paging is on as soon as one of the two parameters is there.
    private static Answer Metrics(Org org, int rows, IQueryCollection query)
    {
        var all = OrgData.Metrics(org, rows);
        string? cursor = query["page[cursor]"];
        if (!query.ContainsKey("page[size]") && cursor is null)
        {
            return Ok(new { data = all });
        }

        if (
            Cursor.Start(cursor) is not { } start
            || Whole(query["page[size]"], 1, MostMetrics, MostMetrics) is not { } size
        )
        {
            return BadPage();
        }

        var next = Next(start, size, all.Count);
        var pagination = new
        {
            type = "cursor_limit",
            limit = size,
            cursor,
            next_limit = size,
            next_cursor = next,
        };
        return Ok(new { data = all.Skip(start).Take(size), meta = new { pagination } });
    }

    // Style 4, a cursor in the body.
    private static async Task<Answer> SearchLogs(HttpContext context, SandboxState state)
    {
        if (Refusal(context, state, "logs_read_data") is { } refusal)
        {
            return refusal;
        }

        LogSearch? search;
        try
        {
            search = JsonSerializer.Deserialize<LogSearch>(await ReadableAsync(context), Json);
        }
        catch (JsonException)
        {
            return BadPage();
        }

        var limit = search?.Page?.Limit ?? 10;
        if (Cursor.Start(search?.Page?.Cursor) is not { } start || limit is < 1 or > MostLogs)
        {
            return BadPage();
        }

        var all = OrgData.Logs(context.Exchange().Grant!.Org, state.Settings.Rows);
        var page = Next(start, limit, all.Count) is { } after ? new { after } : null;
        return Ok(new { data = all.Skip(start).Take(limit), meta = new { page, status = "done" } });
    }

    private static Answer Query(Org org, int rows, IQueryCollection query)
    {
        if (
            Whole(query["from"], 0, int.MaxValue, null) is not { } from
            || Whole(query["to"], 0, int.MaxValue, null) is not { } to
            || query["query"].FirstOrDefault() is not { Length: > 0 } asked
            || to < from
        )
        {
            return Answer.Errors(400, "The parameters 'from', 'to' and 'query' are required.", ReadFact.Query);
        }

        var points = Enumerable.Range(0, 5).Select(n => new[] { (from + ((long)(to - from) * n / 5)) * 1000.0, n });
        var series = new
        {
            metric = asked,
            scope = "*",
            unit = (object?)null,
            pointlist = points,
        };
        return Ok(
            new
            {
                status = "ok",
                res_type = "time_series",
                query = asked,
                from_date = from * 1000L,
                to_date = to * 1000L,
                series = new[] { series },
                message = "",
            }
        );
    }

    private static string? Next(int start, int size, int count) =>
        (long)start + size < count ? Cursor.Of(start + size) : null;

    private static int? Whole(string? text, int least, int most, int? otherwise) =>
        text is null ? otherwise
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
        && value >= least
        && value <= most
            ? value
        : null;

    private static Answer BadPage() => Answer.Errors(400, "Invalid page parameter", ReadFact.Page);

    private static async Task<byte[]> ReadableAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        return Readable.Of(body.ToArray());
    }

    private static Answer Ok(object body) => new(200, JsonSerializer.Serialize(body, Json));

    private sealed record LogSearch(LogPage? Page = null);

    private sealed record LogPage(string? Cursor = null, int? Limit = null);
}
