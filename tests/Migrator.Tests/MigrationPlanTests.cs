using Microsoft.Extensions.Configuration;

namespace Partner.Migrator.Tests;

public sealed class MigrationPlanTests
{
    [Fact]
    public async Task ScriptsAreNumberedWithoutGaps()
    {
        using var bench = await Workbench.OpenAsync();
        bench.Script("gap", "001_one.sql", "").Script("gap", "003_three.sql", "");
        bench.Script("twice", "001_one.sql", "").Script("twice", "001_uno.sql", "");
        bench.Script("late", "002_two.sql", "");

        Assert.Equal(
            [
                "The scripts of 'gap' are not numbered 1, 2, 3 without gaps or repeats.",
                "The scripts of 'twice' are not numbered 1, 2, 3 without gaps or repeats.",
                "The scripts of 'late' are not numbered 1, 2, 3 without gaps or repeats.",
                "There is no folder of scripts 'absent'.",
            ],
            bench.Plan("gap", "twice", "late", "absent").Mistakes
        );
    }

    [Theory]
    [InlineData("1_one.sql")]
    [InlineData("0001_one.sql")]
    [InlineData("001-one.sql")]
    [InlineData("001_One.sql")]
    [InlineData("one.sql")]
    public async Task AScriptIsNamedByNumberAndPurpose(string name)
    {
        using var bench = await Workbench.OpenAsync();
        bench.Script("names", "001_good.sql", "").Script("names", name, "");
        Assert.Equal([$"'{name}' is not named like 001_what_it_does.sql."], bench.Plan("names").Mistakes);
    }

    [Fact]
    public void AnEmptyConfigurationIsToldWhatToSet() =>
        Assert.Equal(
            [
                "Set ConnectionStrings__postgres to the connection string of a role that may create roles and databases.",
                "Name at least one schema: Schemas__{name}__Scripts and Schemas__{name}__Password.",
            ],
            Read([]).Mistakes
        );

    [Fact]
    public void EveryMistakeIsToldAtOnce() =>
        Assert.Equal(
            [
                "Database: 'Data; DROP' is not a lower-case identifier.",
                "Schema 'x; DROP' is not a lower-case identifier.",
                "There is no folder of scripts 'absent'.",
                "Schemas__x; DROP__Password is not set.",
            ],
            Read(
                new()
                {
                    ["ConnectionStrings:postgres"] = "Host=h",
                    ["Database"] = "Data; DROP",
                    ["Schemas:x; DROP:Scripts"] = "absent",
                }
            ).Mistakes
        );

    [Theory]
    [InlineData("a\n")]
    [InlineData("1a")]
    [InlineData("a-b")]
    [InlineData("a\"b")]
    [InlineData("ä")]
    [InlineData("a.b")]
    public void ASchemasNameIsAnIdentifier(string name) =>
        Assert.Contains(
            $"Schema '{name}' is not a lower-case identifier.",
            Read(new() { [$"Schemas:{name}:Password"] = "p" }).Mistakes
        );

    private static MigrationPlan Read(Dictionary<string, string?> settings) =>
        MigrationPlan.Read(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), Path.GetTempPath());
}
