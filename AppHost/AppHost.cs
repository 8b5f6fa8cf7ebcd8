using Microsoft.Extensions.Configuration;
using Partner.AppHost;

var builder = DashboardView.CreateBuilder(args);
var configuration = builder.Configuration;

// Parameters: a local run makes up those that are not configured; a published system takes every one from its operator.
var secrets = new Secrets(builder);
var clientName = configuration["ClientName"] ?? "Demo Partner";
var clientId = secrets.Add("datadog-client-id", "The OAuth client's id (Developer Platform)", Secrets.NewClientId);
var clientSecret = secrets.Add("datadog-client-secret", "The OAuth client's secret");
var partnerToken = secrets.Add("partner-token", "Bearer credential of the partner API, role manage");
var vaultKey = secrets.Add("vault-key-1", "Key-encryption key of the vault: 32 bytes, base64", Secrets.NewKey);

// Stores: the operator's own where their connection strings are set, else started here (ContainerEngine.cs says how).
var stores = new Stores(builder, secrets);
var cache = stores.AddCache();
var migrator = builder.AddProject<Projects.Migrator>("migrator");
var database = new Database(builder, secrets, stores, migrator);

// Services. A service answers only the callers named here, and only for what is named; all else is refused.
var vault = Service<Projects.CredentialVault>("vault")
    .WithDatabase(database, "vault")
    .WithEnvironment("KeyRing__Current", "1")
    .WithEnvironment("KeyRing__Keys__1", vaultKey);
var auth = Service<Projects.Auth>("auth")
    .WithDatabase(database, "auth")
    .WithReference(cache)
    .WaitFor(cache)
    .Calling(vault, "owners", "secrets", "refresh-tokens", "api-keys", "sealing-keys", "audit", "audit-read")
    .WithEnvironment("Clients__default__Name", clientName)
    .WithEnvironment("Clients__default__ClientId", clientId)
    .WithEnvironment("Clients__default__Secrets__0", clientSecret);
var router = Service<Projects.SiteRouter>("site-router")
    .Calling(auth, "connections", "access-tokens", "connection-checks");
var gateway = Service<Projects.Gateway>("gateway", configuration.GetValue<int?>("Ports:Gateway"))
    .WithPublicEndpoints()
    .WithGatewayUrls()
    .Calling(auth, "ingest-keys", "partner-credentials", "people", "partner")
    .Calling(router, "partner", "reads")
    .WithEnvironment("PartnerCredentials__default__Token", partnerToken)
    .WithEnvironment("PartnerCredentials__default__Role", "manage");
var publicUrl = configuration["PublicUrl"] is { } url
    ? ReferenceExpression.Create($"{url}")
    : ReferenceExpression.Create($"{gateway.GetEndpoint("http")}");
auth.WithEnvironment("PublicUrl", publicUrl).WithReturnTo(configuration, secrets);

// Senders: a data type is one line.
Sender<Projects.Logs>("logs");
Sender<Projects.Metrics>("metrics");
Sender<Projects.ServiceChecks>("checks");
Sender<Projects.Events>("events");
Sender<Projects.Traces>("traces");
var incidents = Service<Projects.Incidents>("incidents").WithDatabase(database, "incidents");
gateway.Calling(incidents.Calling(auth, "connection-checks", "access-tokens"), "append", "partner").WithIncidentReads();

// A Datadog of our own, and a partner with a sign-in page: in run mode only, a published system has neither.
if (builder.HasSandbox())
{
    var sandbox = builder.AddSandbox(new OAuthClient(clientName, clientId, clientSecret), publicUrl);
    var partner = builder.AddDemoPartner(gateway, sandbox, partnerToken);
    auth.WithSignInPage(partner);
    builder.DialSandboxInsteadOfDatadog(sandbox);
}

builder.StartProjectsDirectly();
builder.ExportNothingWithoutDashboard();
using var app = builder.Build().Restarting(configuration);
app.Run();

IResourceBuilder<ProjectResource> Service<TProject>(string name, int? port = null)
    where TProject : IProjectMetadata, new()
{
    var service = builder
        .AddProject<TProject>(name)
        .WithHttpEndpoint(port)
        .WithHttpEndpoint(name: "management")
        .WithHttpHealthCheck("/health", endpointName: "management")
        // The gateway believes the proxies that it is told of, and no others (services/Gateway/README.md).
        .DisableForwardedHeaders()
        .WithConfiguredReplicas()
        .WithServiceUrls()
        .WithServiceKey(secrets);
    var management = service.GetEndpoint("management").Property(EndpointProperty.TargetPort);
    return service.WithEnvironment("Management__Port", ReferenceExpression.Create($"{management}"));
}

void Sender<TProject>(string name)
    where TProject : IProjectMetadata, new() =>
    gateway.Calling(
        Service<TProject>(name)
            .WithDatabase(database, "sending", name)
            .Calling(auth, "connection-checks")
            .Calling(vault, "api-key-release")
            .Calling(router, "sites"),
        "append",
        "partner"
    );
