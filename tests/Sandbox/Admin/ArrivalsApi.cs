using System.ComponentModel;
using Microsoft.AspNetCore.Http.HttpResults;
using Partner.Sandbox.Intake;

namespace Partner.Sandbox.Admin;

/// <summary>What arrived: counted, and item by item as NDJSON.</summary>
internal static class ArrivalsApi
{
    public static RouteGroupBuilder MapArrivalsApi(this RouteGroupBuilder admin)
    {
        admin
            .MapGet("/arrivals", (SandboxState state) => TypedResults.Ok(state.Arrivals.All))
            .WithSummary("What was answered with a 2xx, counted by host, path, org and type");
        admin.MapDelete("/arrivals", Clear).WithSummary("Forgets what arrived");
        admin
            .MapGet("/arrivals/items", Items)
            .WithSummary("The items as NDJSON, byte for byte as they came")
            .Produces<string>(contentType: "application/x-ndjson");
        admin
            .MapPost("/arrivals/marks", Marks)
            .WithSummary("With the setting keepMarks, for load: takes what arrived, in binary (Intake/Marks.cs)")
            .Produces<byte[]>(contentType: "application/octet-stream");
        return admin;
    }

    private static Ok Clear(SandboxState state)
    {
        state.Arrivals.Clear();
        return TypedResults.Ok();
    }

    private static FileContentHttpResult Marks(SandboxState state) =>
        TypedResults.Bytes(state.Marks.TakePage(), "application/octet-stream");

    private static Results<PushStreamHttpResult, NotFound, BadRequest<Slip>> Items(
        SandboxState state,
        [Description("Id, oid or name.")] string? org = null,
        [Description("metrics, logs, events, service_checks, traces or incidents.")] string? type = null,
        [Description("kept, truncated, dropped or bad-key; the last two vanished after their 2xx.")] string? fate = null
    )
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
            return TypedResults.BadRequest(new Slip("fate is kept, truncated, dropped or bad-key."));
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
