using Partner.Sandbox.Intake;

namespace Partner.Sandbox.Admin;

/// <summary>What arrived: counted, and item by item as NDJSON.</summary>
internal static class ArrivalsApi
{
    public static RouteGroupBuilder MapArrivalsApi(this RouteGroupBuilder admin)
    {
        admin.MapGet("/arrivals", (SandboxState state) => TypedResults.Ok(state.Arrivals.All));
        admin.MapDelete("/arrivals", (SandboxState state) => state.Arrivals.Clear());
        admin.MapGet("/arrivals/items", Items);
        admin.MapPost(
            "/arrivals/marks",
            (SandboxState state) => TypedResults.Bytes(state.Marks.TakePage(), "application/octet-stream")
        );
        return admin;
    }

    private static IResult Items(SandboxState state, string? org = null, string? type = null, string? fate = null)
    {
        var found = state.Orgs.Find(org);
        if (org is not null && found is null)
        {
            return TypedResults.NotFound();
        }

        var wanted = default(Fate);
        if (
            fate is not null
            && !Enum.TryParse(fate.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out wanted)
        )
        {
            return TypedResults.BadRequest(new { error = "fate is kept, truncated, dropped or bad-key." });
        }

        var items = state.Arrivals.Items(found, type, fate is null ? null : wanted);
        return TypedResults.Stream(stream => WriteAsync(stream, items), "application/x-ndjson");
    }

    private static async Task WriteAsync(Stream stream, IReadOnlyList<ArrivedItem> items)
    {
        foreach (var item in items)
        {
            await stream.WriteAsync(item.Raw);
            await stream.WriteAsync("\n"u8.ToArray());
        }
    }
}
