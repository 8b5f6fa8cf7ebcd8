using System.Net;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Partner.Testing;

namespace Partner.Incidents.Tests;

public sealed class IncidentsContractTests : SenderContract
{
    private const string Create = "/api/v2/incidents";
    private const string Import = "/api/v2/incidents/import";
    private const string Impacts = "/api/v2/incidents/01a20162-ce31-7615-9a11-299bd31e2f1f/impacts";

    protected override string Name => "incidents";

    protected override string Scripts => IncidentsDatabase.Scripts;

    protected override (string Path, HttpStatusCode Success, string Body)[] ValidRequests =>
        [
            (Create, HttpStatusCode.Created, """{"data":{"type":"incidents","attributes":{"title":"one"}}}"""),
            (Import, HttpStatusCode.Created, """{"data":{"type":"incidents","attributes":{"title":"two"}}}"""),
            (
                Impacts,
                HttpStatusCode.Created,
                """{"data":{"type":"incident_impacts","attributes":{"description":"three"}}}"""
            ),
        ];

    protected override (string Path, HttpStatusCode Status, string Body, string Answer)[] BadRequests =>
        [
            (Create, HttpStatusCode.BadRequest, "", Error("The body is not valid JSON.")),
            (Create, HttpStatusCode.BadRequest, "{", Error("The body is not valid JSON.")),
            (Create, HttpStatusCode.BadRequest, "[]", Error("data.attributes.title is required and must be a string.")),
            (
                Create,
                HttpStatusCode.BadRequest,
                """{"title":"a","data":{"title":"a","attributes":{"x":{"title":"b"},"title":1}}}""",
                Error("data.attributes.title is required and must be a string.")
            ),
            (
                Impacts,
                HttpStatusCode.BadRequest,
                """{"data":{"attributes":{}}}""",
                Error("data.attributes.description is required and must be a string.")
            ),
            (
                Create,
                HttpStatusCode.RequestEntityTooLarge,
                new string(' ', 1_000_001),
                Error("The payload exceeds 1000000 bytes uncompressed.")
            ),
            (
                Import,
                HttpStatusCode.RequestEntityTooLarge,
                new string(' ', 1_000_001),
                Error("The payload exceeds 1000000 bytes uncompressed.")
            ),
        ];

    protected override RequestCase[] Cases =>
        [
            new(
                "an incident, or one to import",
                Create,
                """{"data":{"type":"incidents","attributes":{"title":"one"}}}"""
            ),
            new(
                "an incident, or one to import",
                Import,
                """{"data":{"type":"incidents","attributes":{"title":"two"}}}"""
            ),
            new("an impact", Impacts, """{"data":{"type":"incident_impacts","attributes":{"description":"three"}}}"""),
            new("what is not JSON, but for a change", Create, "{"),
            new("no title", Create, """{"data":{"attributes":{"title":1}}}"""),
            new("no description of an impact", Impacts, """{"data":{"attributes":{}}}"""),
            new("more than 1,000,000 bytes", Create, new string(' ', 1_000_001)),
        ];

    protected override HttpMessageHandler Upstream { get; } = new FakeDatadog();

    protected override IReadOnlyList<string> Clients => IncidentsHost.Clients;

    protected override void Add(IHostApplicationBuilder builder) => builder.AddIncidents();

    protected override void Map(IEndpointRouteBuilder routes)
    {
        routes.MapIncidents();
        routes.MapDeliveries();
    }

    private static string Error(string text) => $$"""{"errors":["{{text}}"]}""";
}
