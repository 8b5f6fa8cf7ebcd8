namespace Partner.Solution.Tests;

/// <summary>The rules of who may depend on whom (README, Layout).</summary>
public class DependencyTests
{
    private static readonly string[] Libraries =
    [
        "services/Contracts/Contracts.csproj",
        "services/DatadogClient/DatadogClient.csproj",
        "services/Egress/Egress.csproj",
        "services/Senders/Sending/Sending.csproj",
        "services/Storage/Storage.csproj",
    ];

    private static readonly string[] Foundations =
    [
        "ServiceDefaults/ServiceDefaults.csproj",
        "services/Contracts/Contracts.csproj",
        "services/Egress/Egress.csproj",
        "services/Storage/Storage.csproj",
    ];

    [Fact]
    public void NoServiceReferencesAnotherServicesProject() =>
        AssertNone(
            from project in Checkout.Product
            where project.Name != "AppHost"
            from reference in project.Projects
            where reference.StartsWith("services/", StringComparison.Ordinal) && !Libraries.Contains(reference)
            select $"{project} -> {reference}"
        );

    [Fact]
    public void FoundationsDependOnNothingOfOurs() =>
        AssertNone(
            from project in Checkout.Product
            where Foundations.Contains(project.Path)
            from reference in project.Projects
            select $"{project} -> {reference}"
        );

    [Fact]
    public void OnlyWhoCallsDatadogUsesEgress()
    {
        string[] allowed = ["Auth", "DatadogClient", "Sending", "SiteRouter"];
        Assert.Equal(
            allowed,
            Checkout.Product.Where(p => p.Projects.Contains("services/Egress/Egress.csproj")).Select(p => p.Name)
        );
    }

    [Fact]
    public void ASenderUsesServiceDefaultsAndSendingAlone()
    {
        var senders = Checkout.Product.Where(p =>
            p.Path.StartsWith("services/Senders/", StringComparison.Ordinal) && p.Name != "Sending"
        );
        Assert.All(
            senders,
            sender =>
                Assert.Equal(
                    ["ServiceDefaults/ServiceDefaults.csproj", "services/Senders/Sending/Sending.csproj"],
                    sender.Projects.Order()
                )
        );
    }

    /// <summary>It runs at a partner's: no telemetry backend of ours is there, no service token and no Datadog.</summary>
    [Fact]
    public void TheRelayUsesContractsAlone() =>
        Assert.Equal(["services/Contracts/Contracts.csproj"], Checkout.Product.Single(p => p.Name == "Relay").Projects);

    [Fact]
    public void OnlyTheAppHostAndItsTestsSeeAspireHosting() =>
        AssertNone(
            from project in Checkout.Projects
            where project.Name is not ("AppHost" or "AppHost.Tests" or "Deploy.Tests")
            from package in project.Packages
            where package.StartsWith("Aspire.Hosting", StringComparison.Ordinal)
            select $"{project} -> {package}"
        );

    [Fact]
    public void OnlyWhatForwardsSeesYarp() =>
        AssertNone(
            from project in Checkout.Projects
            where project.Name is not ("Gateway" or "Relay" or "SiteRouter")
            from package in project.Packages
            where package.Contains("Yarp", StringComparison.Ordinal)
            select $"{project} -> {package}"
        );

    [Fact]
    public void NothingButTestsAndTheAppHostDependsOnTests() =>
        AssertNone(
            from project in Checkout.Product
            where project.Name != "AppHost"
            from reference in project.Projects
            where reference.StartsWith("tests/", StringComparison.Ordinal)
            select $"{project} -> {reference}"
        );

    [Fact]
    public void NoProjectNamesAVersion() =>
        AssertNone(
            from project in Checkout.Projects
            where
                File.ReadAllText(Path.Combine(Checkout.Root, project.Path))
                    .Contains(" Version=\"", StringComparison.Ordinal)
            select project.Path
        );

    [Fact]
    public void AProjectIsNamedAfterItsFolder() =>
        AssertNone(
            from project in Checkout.Projects
            where Path.GetFileName(project.Folder) != project.Name
            select project.Path
        );

    private static void AssertNone(IEnumerable<string> offenders) => Assert.Equal([], offenders);
}
