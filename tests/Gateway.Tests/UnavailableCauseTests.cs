using System.Net;
using System.Text.RegularExpressions;
using Partner.Gateway.Forwarding;
using Partner.Testing;
using Yarp.ReverseProxy.Forwarder;

namespace Partner.Gateway.Tests;

/// <summary>List, page and code agree on why the gateway answers 503.</summary>
public sealed partial class UnavailableCauseTests
{
    private const string Folder = "services/Gateway";

    private static IEnumerable<(string Name, string Text)> Sources =>
        from file in Directory.EnumerateFiles(Repository.PathOf(Folder), "*.cs", SearchOption.AllDirectories)
        select (Path.GetFileName(file), Comment().Replace(File.ReadAllText(file), ""));

    [Fact]
    public void ThePageHasEachAndNoOther()
    {
        var page = File.ReadAllText(Repository.PathOf($"{Folder}/PROBLEMS.md"));
        var rows = Row()
            .Matches(page[page.IndexOf("| `cause` |", StringComparison.Ordinal)..])
            .Select(row => row.Groups[1].Value)
            .Skip(1);

        Assert.Equal(Enum.GetValues<UnavailableCause>().Select(cause => cause.Text()), rows);
    }

    [Fact]
    public void TheCodeGivesEach()
    {
        var used = Sources
            .Where(source => source.Name != "UnavailableCause.cs")
            .SelectMany(source => Use().Matches(source.Text))
            .Select(use => use.Groups[1].Value)
            .Distinct();

        Assert.Equal(Enum.GetNames<UnavailableCause>().Order(), used.Order());
    }

    [Fact]
    public void NothingElseIs503()
    {
        var said = Sources.Where(source => Status().IsMatch(source.Text)).Select(source => source.Name).Order();

        // The refusal that takes a cause, and the classifiers: one lets a service's own 503 pass, one says it in gRPC.
        Assert.Equal(["ForwardingFailure.cs", "GrpcStatus.cs", "HttpRejection.cs"], said);
        Assert.Equal(1, Status().Count(Sources.Single(source => source.Name == "HttpRejection.cs").Text));
        Assert.Equal(1, Status().Count(Sources.Single(source => source.Name == "ForwardingFailure.cs").Text));
    }

    public static TheoryData<int, string?> Errors =>
        new()
        {
            { (int)ForwarderError.NoAvailableDestinations, "service-unreachable" },
            { (int)ForwarderError.RequestTimedOut, "service-timed-out" },
            { (int)ForwarderError.RequestBodyDestination, "service-broke-off" },
            { (int)ForwarderError.ResponseBodyDestination, "service-broke-off" },
            { (int)ForwarderError.RequestCreation, null },
        };

    [Theory]
    [MemberData(nameof(Errors))]
    public void OnlyTheNetworkIsACause(int error, string? cause) =>
        Assert.Equal(cause, ForwardingFailure.Of((ForwarderError)error, new FormatException()).Refusal.Cause?.Text());

    public static TheoryData<Exception, string?> Exceptions =>
        new()
        {
            { new HttpRequestException(HttpRequestError.ConnectionError), "service-unreachable" },
            { new HttpRequestException(HttpRequestError.NameResolutionError), "service-unreachable" },
            { new HttpRequestException(HttpRequestError.ResponseEnded), "service-broke-off" },
            { new HttpRequestException("sending", new IOException("reset")), "service-broke-off" },
            { new TaskCanceledException("late"), "service-timed-out" },
            { new HttpRequestException("Request headers must contain only ASCII characters."), null },
            { new InvalidOperationException("no such header"), null },
            { new NotSupportedException("no such method"), null },
        };

    [Theory]
    [MemberData(nameof(Exceptions))]
    public void ARequestThatCannotBeWrittenIs400AndAnAlert(Exception exception, string? cause)
    {
        var failure = ForwardingFailure.Of(ForwarderError.Request, exception);

        Assert.Equal(cause, failure.Refusal.Cause?.Text());
        Assert.Equal(cause is null ? (400, false) : (503, true), (failure.Refusal.Status, failure.Alert is null));
    }

    [Fact]
    public async Task TheProblemNamesIt()
    {
        await using var host = new GatewayHost();
        await host.InitializeAsync();
        await host.Auth.Service.StopAsync();

        var answer = await host.PartnerAsync(HttpMethod.Get, "/partner/v1/tenants", GatewayHost.AdminToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.Status);
        Assert.Contains("\"cause\":\"service-unreachable\"", answer.Body);
        Assert.Contains("\"type\":\"unavailable\"", answer.Body);
    }

    [GeneratedRegex(@"^\s*//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"^\| `([a-z-]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"UnavailableCause\.([A-Z]\w+)")]
    private static partial Regex Use();

    [GeneratedRegex(@"\b503\b|ServiceUnavailable")]
    private static partial Regex Status();
}
