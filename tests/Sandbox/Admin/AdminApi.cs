using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Partner.Sandbox.Tls;

namespace Partner.Sandbox.Admin;

/// <summary>/_sandbox on the pages port: what a test or a demo asks of the sandbox itself.</summary>
internal static class AdminApi
{
    public static RouteGroupBuilder MapAdminApi(this RouteGroupBuilder routes)
    {
        var admin = routes.MapGroup("/_sandbox").AddEndpointFilter(OwnOrigin.RequireIfNamedAsync);
        admin.MapGet("/health", () => TypedResults.Ok(new { status = "ok" }));
        admin.MapGet(
            "/ca.pem",
            (Authority authority) =>
                TypedResults.Text(authority.Public.ExportCertificatePem() + "\n", "application/x-pem-file")
        );
        admin.MapGet("/tile", Tile.Open);
        admin.MapGet("/settings", (SandboxState state) => AsJson(state.Settings));
        admin.MapPatch("/settings", Change);
        admin.MapGet("/requests", (SandboxState state) => TypedResults.Ok(state.Journal.Entries));
        admin.MapDelete("/requests", (SandboxState state) => state.Journal.Clear());
        admin.MapGet(
            "/issued",
            (SandboxState state) => TypedResults.Ok(new { secrets = state.Issued.All, state.Issued.InAddresses })
        );
        admin.MapPost("/clients/{id}/secret", RotateSecret);
        admin.MapOrgsApi().MapArrivalsApi().MapTrafficApi();
        return routes;
    }

    private static IResult Change(JsonObject changes, SandboxState state)
    {
        try
        {
            state.Settings = state.Settings.With(changes);
            return AsJson(state.Settings);
        }
        catch (JsonException unknown)
        {
            return TypedResults.BadRequest(new { error = unknown.Message });
        }
    }

    private static ContentHttpResult AsJson(Settings settings) =>
        TypedResults.Text(settings.ToJson(), "application/json");

    private static IResult RotateSecret(string id, SandboxState state, NewSecret? wanted = null) =>
        state.FindClient(id) is { } client
            ? TypedResults.Ok(new NewSecret(state.Issued.Add("client-secret", client.Rotate(wanted?.Secret))))
            : TypedResults.NotFound();

    internal sealed record NewSecret(string? Secret);
}
