using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Orders.Tests.Tidy;

/// <summary>What C# may say but this repository does not: silence without a reason, tests that sleep, second names for a concept.</summary>
internal static partial class Constructs
{
    private static readonly string[] Waits = ["Thread.Sleep", "Task.Delay"];

    public static IEnumerable<Finding> Check(SourceFile file) =>
        file.IsCSharp ? Silences(file).Concat(Sleeps(file)).Concat(Synonyms(file)) : [];

    private static IEnumerable<Finding> Silences(SourceFile file)
    {
        foreach (var block in file.Root.DescendantNodes().OfType<CatchClauseSyntax>().Select(clause => clause.Block))
        {
            if (block.Statements.Count == 0 && !block.DescendantTrivia().Any(IsComment))
            {
                yield return file.At(block, "an empty catch hides an error", "handle it, or say in a comment why it may pass");
            }
        }

        foreach (var pragma in file.Root.DescendantNodes(descendIntoTrivia: true).OfType<PragmaWarningDirectiveTriviaSyntax>())
        {
            if (pragma.DisableOrRestoreKeyword.IsKind(SyntaxKind.DisableKeyword) && !pragma.DescendantTrivia().Any(IsComment))
            {
                yield return file.At(pragma, "a warning is silenced without a reason", "give it in a comment on the same line");
            }
        }

        foreach (var attribute in file.Root.DescendantNodes().OfType<AttributeSyntax>())
        {
            if (attribute.Name.ToString().EndsWith("SuppressMessage", StringComparison.Ordinal)
                && attribute.ArgumentList?.ToString().Contains("Justification", StringComparison.Ordinal) != true)
            {
                yield return file.At(attribute, "a warning is silenced without a reason", "give it as Justification");
            }
        }
    }

    private static IEnumerable<Finding> Sleeps(SourceFile file) => file.Root.DescendantNodes().OfType<InvocationExpressionSyntax>()
        .Where(call => file.IsTest && Waits.Any(wait => call.Expression.ToString().EndsWith(wait, StringComparison.Ordinal)))
        .Select(call => file.At(call, "a test sleeps", "await a signal or advance a fake clock"));

    private static IEnumerable<Finding> Synonyms(SourceFile file)
    {
        // The verb of the command is dlq, because that is what people type; nothing else is.
        var isVerb = file.Path.StartsWith("Orders.Tools/", StringComparison.Ordinal)
            || file.Path.StartsWith("Orders.Tests/Tools/", StringComparison.Ordinal);
        return file.Root.DescendantNodes().Select(DeclaredName)
            .Where(name => !isVerb && Synonym().IsMatch(name.Text))
            .Select(name => file.At(name.GetLocation(), $"{name.Text} is a second word for a concept", "call it a dead letter"));
    }

    private static SyntaxToken DeclaredName(SyntaxNode node) => node switch
    {
        BaseTypeDeclarationSyntax type => type.Identifier,
        MethodDeclarationSyntax method => method.Identifier,
        LocalFunctionStatementSyntax function => function.Identifier,
        PropertyDeclarationSyntax property => property.Identifier,
        VariableDeclaratorSyntax variable => variable.Identifier,
        ParameterSyntax parameter => parameter.Identifier,
        EnumMemberDeclarationSyntax member => member.Identifier,
        _ => default,
    };

    private static bool IsComment(SyntaxTrivia trivia) =>
        trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia);

    [GeneratedRegex("dlq|dead_?letter_?queue", RegexOptions.IgnoreCase)]
    private static partial Regex Synonym();
}
