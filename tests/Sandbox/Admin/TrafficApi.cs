using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Admin;

/// <summary>Holding requests back, and faults on demand.</summary>
internal static class TrafficApi
{
    public static RouteGroupBuilder MapTrafficApi(this RouteGroupBuilder admin)
    {
        admin.MapGet("/hold", (SandboxState state) => TypedResults.Ok(new Waiting(state.Holds.Waiting)));
        admin.MapPost(
            "/hold",
            (SandboxState state, IOptions<JsonOptions> json, JsonObject? filter = null) =>
                AnswerTo(Asked.Do<TrafficFilter>(filter, json, asked => asked.ProblemIn(state), state.Holds.Hold))
        );
        admin.MapPost("/release", (SandboxState state) => state.Holds.Release());
        admin.MapPost(
            "/faults",
            (JsonObject fault, SandboxState state, IOptions<JsonOptions> json) =>
                AnswerTo(
                    Asked.Do<NewFault>(
                        fault,
                        json,
                        asked => asked.ProblemIn(state),
                        asked => state.Faults.Add(asked.ToFault())
                    )
                )
        );
        admin.MapGet(
            "/faults",
            (SandboxState state) => TypedResults.Ok(state.Faults.All.Select(f => new FaultInForce(f.Fault, f.Met)))
        );
        admin.MapDelete("/faults", (SandboxState state) => state.Faults.Clear());
        return admin;
    }

    private static IResult AnswerTo(string? problem) =>
        problem is null ? TypedResults.Ok() : TypedResults.BadRequest(new { error = problem });

    internal sealed record Waiting(int Count);

    internal sealed record FaultInForce(Fault Fault, int Met);
}
