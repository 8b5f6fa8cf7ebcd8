var builder = DistributedApplication.CreateBuilder(args);
var password = builder.AddParameter("postgres-password", "of-a-test", secret: true);
builder.AddParameter("missing-parameter", secret: true);

var cache = builder.AddRedis("cache").WithImageTag("7.4");
var postgres = builder.AddPostgres("postgres", password: password).WithImageTag("17.6");
var notes = builder.AddConnectionString("notes", ReferenceExpression.Create(
    $"Host={postgres.Resource.PrimaryEndpoint.Property(EndpointProperty.Host)};Port={postgres.Resource.PrimaryEndpoint.Property(EndpointProperty.Port)};Password={password};Options={{}}"));

var first = builder.AddExecutable("first", "/bin/sh", "/", "-c", "sleep 0.3");
var second = builder.AddExecutable("second", "sleep", "/", "1000").WaitForCompletion(first);
var failing = builder.AddExecutable("failing", "/bin/sh", "/", "-c", "exit 3");
builder.AddExecutable("after-failing", "sleep", "/", "1000").WaitForCompletion(failing);
builder.AddExecutable("after-exit-3", "sleep", "/", "1000").WaitForCompletion(failing, exitCode: 3);
builder.AddExecutable("not-installed", "no-such-program", "/");

var service = builder.AddProject<Projects.TinyService>("tiny-service")
    .WithHttpEndpoint(port: 5000)
    .WithHttpEndpoint(name: "management", env: "Management__Port")
    .WithHttpHealthCheck("/health", endpointName: "management")
    .WithReference(cache).WaitFor(cache)
    .WithReference(notes, "database").WaitFor(postgres)
    .WaitFor(second);
builder.AddProject<Projects.TinyService>("caller")
    .WithHttpEndpoint()
    .WithHttpHealthCheck("/health")
    .WithEnvironment("SERVICE_URL", service.GetEndpoint("http"))
    .WithEnvironment("SECRET", password)
    .WithEnvironment("PATH_OF_SERVICE", $"{service.GetEndpoint("http")}/path")
    .WithReference(service.GetEndpoint("http")).WaitFor(service);

builder.Build().Run();
