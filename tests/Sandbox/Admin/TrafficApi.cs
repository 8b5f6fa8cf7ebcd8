using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Partner.Sandbox.Traffic;

namespace Partner.Sandbox.Admin;

/// <summary>Holding requests back, and faults on demand.</summary>
internal static class TrafficApi
{
    public static RouteGroupBuilder MapTrafficApi(this RouteGroupBuilder admin)
    {
        admin
            .MapGet("/hold", (SandboxState state) => TypedResults.Ok(new Waiting(state.Holds.Waiting)))
            .WithSummary("How many intake requests wait");
        admin.MapPost("/hold", Hold).WithSummary("From now on intake requests wait, unrecorded").Reads<TrafficFilter>();
        admin.MapPost("/release", Release).WithSummary("Lets go whatever waits, and holds no more");
        admin.MapPost("/faults", AddFault).WithSummary("A fault that meets requests from now on").Reads<NewFault>();
        admin.MapGet("/faults", InForce).WithSummary("The faults in force, and how many requests each has met");
        admin.MapDelete("/faults", ClearFaults).WithSummary("Ends every fault; what hangs is cut off");
        return admin;
    }

    private static Results<Ok, BadRequest<Slip>> Hold(
        SandboxState state,
        IOptions<JsonOptions> json,
        JsonObject? filter = null
    ) => AnswerTo(Asked.Do<TrafficFilter>(filter, json, asked => asked.ProblemIn(state), state.Holds.Hold));

    private static Ok Release(SandboxState state)
    {
        state.Holds.Release();
        return TypedResults.Ok();
    }

    private static Results<Ok, BadRequest<Slip>> AddFault(
        JsonObject fault,
        SandboxState state,
        IOptions<JsonOptions> json
    ) =>
        AnswerTo(
            Asked.Do<NewFault>(fault, json, asked => asked.ProblemIn(state), asked => state.Faults.Add(asked.ToFault()))
        );

    private static Ok<FaultInForce[]> InForce(SandboxState state) =>
        TypedResults.Ok(state.Faults.All.Select(f => new FaultInForce(f.Fault, f.Met)).ToArray());

    private static Ok ClearFaults(SandboxState state)
    {
        state.Faults.Clear();
        return TypedResults.Ok();
    }

    private static Results<Ok, BadRequest<Slip>> AnswerTo(string? problem) =>
        problem is null ? TypedResults.Ok() : TypedResults.BadRequest(new Slip(problem));

    internal sealed record Waiting(int Count);

    internal sealed record FaultInForce(Fault Fault, int Met);
}
