using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Partner.Sandbox.Tls;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Admin;

/// <summary>/_sandbox on the pages port: what a test or a demo asks of the sandbox itself.</summary>
internal static class AdminApi
{
    public const string Prefix = "/_sandbox";
    private const string Pem = "application/x-pem-file";

    public static RouteGroupBuilder MapAdminApi(this RouteGroupBuilder routes)
    {
        var admin = routes.MapGroup(Prefix).WithTags("sandbox").AddEndpointFilter(OwnOrigin.RequireIfNamedAsync);
        admin.MapGet("/health", () => TypedResults.Ok(new Health("ok"))).WithSummary("Whether it runs");
        admin
            .MapGet("/ca.pem", Authority)
            .WithSummary("The authority behind every Datadog host, made at start")
            .Produces<string>(contentType: Pem);
        admin
            .MapGet("/tile", Tile.Open)
            .WithSummary("\"Connect Accounts\" in the tile: leads to the client's onboarding URL")
            .Produces(StatusCodes.Status302Found);
        admin.MapGet("/settings", (SandboxState state) => TypedResults.Ok(state.Settings)).WithSummary("The switches");
        admin.MapPatch("/settings", Change).WithSummary("Changes some switches").Reads<Settings>();
        admin
            .MapGet("/requests", (SandboxState state) => TypedResults.Ok(state.Journal.Entries))
            .WithSummary("The last 10,000 requests to Datadog's hosts, without a key, token, code or query");
        admin.MapDelete("/requests", ClearRequests).WithSummary("Forgets the requests");
        admin
            .MapGet("/issued", (SandboxState state) => TypedResults.Ok(new Secrets(state.Issued)))
            .WithSummary("Every secret that was given or told here, for tests that look for leaks");
        admin
            .MapPost("/clients/{id}/secret", RotateSecret)
            .WithSummary("A new secret for an OAuth client; the old one is dead at once");
        admin.MapOrgsApi().MapArrivalsApi().MapTrafficApi();
        return routes;
    }

    private static ContentHttpResult Authority(Authority authority) =>
        TypedResults.Text(authority.Public.ExportCertificatePem() + "\n", Pem);

    private static Results<Ok<Settings>, BadRequest<Slip>> Change(JsonObject changes, SandboxState state)
    {
        try
        {
            state.Settings = state.Settings.With(changes);
            return TypedResults.Ok(state.Settings);
        }
        catch (JsonException unknown)
        {
            return TypedResults.BadRequest(new Slip(unknown.Message));
        }
    }

    private static Ok ClearRequests(SandboxState state)
    {
        state.Journal.Clear();
        return TypedResults.Ok();
    }

    private static Results<Ok<NewSecret>, NotFound> RotateSecret(
        string id,
        SandboxState state,
        NewSecret? wanted = null
    ) =>
        state.FindClient(id) is { } client
            ? TypedResults.Ok(new NewSecret(state.Issued.Add("client-secret", client.Rotate(wanted?.Secret))))
            : TypedResults.NotFound();

    internal sealed record Health(string Status);

    /// <param name="Secret">Left out of a request: it is made.</param>
    internal sealed record NewSecret(string? Secret = null);

    /// <summary>What was given out, and what came back where it may not be.</summary>
    /// <param name="Values">Value to kind: code, access-token, refresh-token, api-key, verifier, client-secret.</param>
    /// <param name="InAddresses">Those that came in an address.</param>
    internal sealed record Secrets(
        [property: JsonPropertyName("secrets")] IReadOnlyDictionary<string, string> Values,
        IReadOnlyList<InAddress> InAddresses
    )
    {
        public Secrets(Issued issued)
            : this(issued.All, issued.InAddresses) { }
    }
}

/// <summary>What is wrong with a request, and what there is instead.</summary>
internal sealed record Slip(string Error);
