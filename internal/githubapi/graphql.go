package githubapi

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"iac/internal/graphql"
)

// maxPage is the longest page that GitHub gives.
const maxPage = 100

//go:embed schema.graphqls
var schemaText string

var loadSchema = sync.OnceValue(func() *ast.Schema {
	return gqlparser.MustLoadSchema(&ast.Source{Name: "schema.graphqls", Input: schemaText})
})

// describeOperation tells what a GraphQL request asks for, or gives nothing where it cannot be read.
func describeOperation(body []byte) string {
	request, err := graphql.Read(bytes.NewReader(body))
	if err != nil {
		return ""
	}
	document, err := parser.ParseQuery(&ast.Source{Input: request.Query})
	if err != nil {
		return ""
	}
	operation := document.Operations.ForName(request.OperationName)
	if operation == nil {
		return ""
	}
	words := []string{string(operation.Operation)}
	for _, selected := range operation.SelectionSet {
		if field, ok := selected.(*ast.Field); ok {
			words = append(words, field.Name)
		}
	}
	return strings.Join(words, " ")
}

// graphql answers a request to the GraphQL API.
func (s *Server) graphql(c *call) response {
	if c.Method != http.MethodPost {
		return failure(http.StatusNotFound, "Not Found")
	}
	request, err := graphql.Read(bytes.NewReader(c.body))
	if err != nil {
		return failure(http.StatusBadRequest, "Problems parsing JSON")
	}
	return answer(http.StatusOK, graphql.Execute(loadSchema(), request, func(operation ast.Operation) graphql.Object {
		return s.root(c, operation)
	}))
}

// object is a value of a type that has fields. A field is a value or a resolver that finds it.
type object struct {
	kind   string
	fields map[string]any
}

// resolver finds the value of a field.
type resolver func(arguments map[string]any) (any, error)

func (o object) Type() string { return o.kind }

func (o object) Field(name string, arguments map[string]any) (any, error) {
	value, ok := o.fields[name]
	if !ok {
		return nil, graphql.Missing(o, name)
	}
	if resolve, ok := value.(resolver); ok {
		return resolve(arguments)
	}
	return value, nil
}

// queryError is an error with GitHub's name for its kind.
type queryError struct{ kind, message string }

func (e queryError) Error() string { return e.message }

func (e queryError) Extend(answered *graphql.Error) { answered.Kind = e.kind }

// root is the object that an operation starts at.
func (s *Server) root(c *call, operation ast.Operation) object {
	g := &graph{s.store, c.site, *c.user}
	if operation == ast.Mutation {
		return object{"Mutation", map[string]any{
			"addComment":         g.mutation(g.addComment),
			"updateIssueComment": g.mutation(g.updateIssueComment),
			"deleteIssueComment": g.mutation(g.deleteIssueComment),
			"minimizeComment":    g.mutation(g.minimizeComment),
		}}
	}
	return object{"Query", map[string]any{
		// Unlike the author of a comment, the viewer has the ending of a bot's login.
		"viewer":     g.account("User", g.viewer.Login),
		"repository": resolver(g.repository),
		"node":       resolver(g.node),
	}}
}

// graph gives what a user of a GitHub can see as objects.
type graph struct {
	store  *store
	site   string
	viewer User
}

func (g *graph) account(kind, login string) object {
	return object{kind, map[string]any{
		"id":    nameID("U", login),
		"login": login,
		"url":   restUser(g.site, login).HTMLURL,
	}}
}

// author is the account that wrote a comment: a bot is named without the ending of its login.
func (g *graph) author(login string) object {
	name, bot := strings.CutSuffix(login, "[bot]")
	if !bot {
		return g.account("User", login)
	}
	account := g.account("Bot", name)
	account.fields["url"] = restUser(g.site, login).HTMLURL
	return account
}

func (g *graph) repository(arguments map[string]any) (any, error) {
	asked := fmt.Sprintf("%s/%s", arguments["owner"], arguments["name"])
	repo, ok := g.store.hasRepo(g.site, asked)
	if !ok {
		return nil, notFound("Could not resolve to a Repository with the name '%s'.", asked)
	}
	_, name, _ := strings.Cut(repo, "/")
	return object{"Repository", map[string]any{
		"id":            nameID("R", repo),
		"name":          name,
		"nameWithOwner": repo,
		"url":           fmt.Sprintf("https://%s/%s", g.site, repo),
		"pullRequest": resolver(func(arguments map[string]any) (any, error) {
			number := integer(arguments["number"])
			pull, err := g.store.pull(g.site, repo, number)
			if err != nil {
				return nil, notFound("Could not resolve to a PullRequest with the number of %d.", number)
			}
			return g.pullRequest(pull), nil
		}),
	}}, nil
}

func (g *graph) node(arguments map[string]any) (any, error) {
	id := fmt.Sprint(arguments["id"])
	kind, number, _ := parseNodeID(id)
	switch kind {
	case "PR":
		if pull, err := g.store.pullByID(g.site, number); err == nil {
			return g.pullRequest(pull), nil
		}
	case "IC":
		if pull, comment, err := g.store.comment(g.site, number); err == nil {
			return g.comment(pull, comment), nil
		}
	}
	return nil, notFound("Could not resolve to a node with the global id of '%s'", id)
}

func (g *graph) pullRequest(pull pullRequest) object {
	return object{"PullRequest", map[string]any{
		"id":     nodeID("PR", pull.ID),
		"number": pull.Number,
		"state":  pull.state(),
		"title":  pull.Title,
		"url":    pull.url(),
		"comments": resolver(func(arguments map[string]any) (any, error) {
			return g.comments(pull, arguments)
		}),
	}}
}

// comments gives a page of comments. A cursor is the place of a comment, not a number of comments:
// what is deleted or added between two pages moves nothing.
func (g *graph) comments(pull pullRequest, arguments map[string]any) (any, error) {
	if err := checkPage(arguments); err != nil {
		return nil, err
	}
	comments, order := pull.Comments, ordering(arguments["orderBy"])
	slices.SortFunc(comments, order)
	page, err := cut(slices.Clone(comments), order, arguments)
	if err != nil {
		return nil, err
	}

	nodes, edges := make([]graphql.Object, len(page)), make([]graphql.Object, len(page))
	for i, comment := range page {
		nodes[i] = g.comment(pull, comment)
		edges[i] = g.edge(pull, comment)
	}
	info := map[string]any{"startCursor": nil, "endCursor": nil, "hasNextPage": false, "hasPreviousPage": false}
	if len(page) > 0 {
		first, last := page[0], page[len(page)-1]
		info["startCursor"], info["endCursor"] = cursor(first), cursor(last)
		info["hasPreviousPage"] = first.ID != comments[0].ID
		info["hasNextPage"] = last.ID != comments[len(comments)-1].ID
	}
	return object{"IssueCommentConnection", map[string]any{
		"edges":      edges,
		"nodes":      nodes,
		"pageInfo":   object{"PageInfo", info},
		"totalCount": len(comments),
	}}, nil
}

// checkPage refuses a page without a length or a long one.
func checkPage(arguments map[string]any) error {
	if arguments["first"] == nil && arguments["last"] == nil {
		return queryError{
			"MISSING_PAGINATION_BOUNDARIES",
			"You must provide a `first` or `last` value to properly paginate the `comments` connection.",
		}
	}
	for _, name := range []string{"first", "last"} {
		n := integer(arguments[name])
		if n > maxPage {
			return queryError{
				"EXCESSIVE_PAGINATION",
				fmt.Sprintf("Requesting %d records on the `comments` connection exceeds the `%s` limit of %d records.", n, name, maxPage),
			}
		}
		if n < 0 {
			return queryError{
				"INVALID_PAGINATION",
				fmt.Sprintf("`%s` on the `comments` connection cannot be less than zero.", name),
			}
		}
	}
	return nil
}

// ordering compares comments in the order that is asked for; without one, by their age.
func ordering(orderBy any) func(a, b Comment) int {
	chosen, ok := orderBy.(map[string]any)
	if !ok {
		return func(a, b Comment) int { return cmp.Compare(a.ID, b.ID) }
	}
	return func(a, b Comment) int {
		if chosen["direction"] == "DESC" {
			a, b = b, a
		}
		return cmp.Or(a.UpdatedAt.Compare(b.UpdatedAt), cmp.Compare(a.ID, b.ID))
	}
}

// cut leaves of the comments the page that the arguments ask for.
func cut(comments []Comment, order func(a, b Comment) int, arguments map[string]any) ([]Comment, error) {
	if text, ok := arguments["after"].(string); ok {
		mark, err := parseCursor(text)
		if err != nil {
			return nil, err
		}
		comments = slices.DeleteFunc(comments, func(c Comment) bool { return order(c, mark) <= 0 })
	}
	if text, ok := arguments["before"].(string); ok {
		mark, err := parseCursor(text)
		if err != nil {
			return nil, err
		}
		comments = slices.DeleteFunc(comments, func(c Comment) bool { return order(c, mark) >= 0 })
	}
	if arguments["first"] != nil {
		comments = comments[:min(integer(arguments["first"]), len(comments))]
	}
	if arguments["last"] != nil {
		comments = comments[max(len(comments)-integer(arguments["last"]), 0):]
	}
	return comments, nil
}

// cursor is the place of a comment in any order.
func cursor(c Comment) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%d:%d", c.UpdatedAt.Unix(), c.ID))
}

// parseCursor gives a comment that has the place of the cursor.
func parseCursor(text string) (Comment, error) {
	var seconds, id int64
	place, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		_, err = fmt.Sscanf(string(place), "%d:%d", &seconds, &id)
	}
	if err != nil {
		return Comment{}, queryError{
			"INVALID_CURSOR_ARGUMENTS",
			fmt.Sprintf("`%s` does not appear to be a valid cursor.", text),
		}
	}
	return Comment{ID: id, UpdatedAt: time.Unix(seconds, 0)}, nil
}

func (g *graph) edge(pull pullRequest, comment Comment) object {
	return object{"IssueCommentEdge", map[string]any{
		"cursor": cursor(comment),
		"node":   g.comment(pull, comment),
	}}
}

func (g *graph) comment(pull pullRequest, comment Comment) object {
	fields := map[string]any{
		"author":          g.author(comment.Author),
		"body":            comment.Body,
		"createdAt":       comment.CreatedAt,
		"databaseId":      nil,
		"editor":          nil,
		"fullDatabaseId":  strconv.FormatInt(comment.ID, 10),
		"id":              comment.NodeID(),
		"isMinimized":     comment.Minimized != "",
		"lastEditedAt":    nil,
		"minimizedReason": nil,
		"pullRequest":     resolver(func(map[string]any) (any, error) { return g.pullRequest(pull), nil }),
		"updatedAt":       comment.UpdatedAt,
		"url":             pull.commentURL(comment.ID),
		"viewerDidAuthor": comment.Author == g.viewer.Login,
	}
	// An Int has 32 bits. What lies above cannot be told by this field.
	if comment.ID <= math.MaxInt32 {
		fields["databaseId"] = comment.ID
	}
	if comment.Edits > 0 {
		fields["lastEditedAt"] = comment.UpdatedAt
		// An account that is gone is told as none.
		if comment.Editor != "" {
			fields["editor"] = g.author(comment.Editor)
		}
	}
	if comment.Minimized != "" {
		fields["minimizedReason"] = comment.Minimized
	}
	return object{"IssueComment", fields}
}

// mutation is a field that changes something: refused to a token that only reads.
func (g *graph) mutation(change func(input map[string]any) (object, error)) resolver {
	return func(arguments map[string]any) (any, error) {
		if g.viewer.ReadOnly {
			return nil, queryError{"FORBIDDEN", notAccessible}
		}
		input := arguments["input"].(map[string]any)
		payload, err := change(input)
		if err != nil {
			return nil, g.refusal(err, input)
		}
		payload.fields["clientMutationId"] = input["clientMutationId"]
		return payload, nil
	}
}

// refusal puts an error of the store in the words of the GraphQL API.
func (g *graph) refusal(err error, input map[string]any) error {
	var invalid invalidError
	if errors.As(err, &invalid) {
		return queryError{"UNPROCESSABLE", invalid.message}
	}
	id := input["id"]
	if id == nil {
		id = input["subjectId"]
	}
	return notFound("Could not resolve to a node with the global id of '%s'", id)
}

func (g *graph) addComment(input map[string]any) (object, error) {
	kind, id, _ := parseNodeID(fmt.Sprint(input["subjectId"]))
	if kind != "PR" {
		return object{}, errNotFound
	}
	pull, err := g.store.pullByID(g.site, id)
	if err != nil {
		return object{}, err
	}
	pull, comment, err := g.store.add(g.site, pull.Repo, pull.Number, g.viewer.Login, fmt.Sprint(input["body"]))
	if err != nil {
		return object{}, err
	}
	return object{"AddCommentPayload", map[string]any{
		"commentEdge": g.edge(pull, comment),
		"subject":     g.pullRequest(pull),
	}}, nil
}

func (g *graph) updateIssueComment(input map[string]any) (object, error) {
	id, err := commentID(input["id"])
	if err != nil {
		return object{}, err
	}
	pull, comment, err := g.store.edit(g.site, id, g.viewer.Login, fmt.Sprint(input["body"]))
	if err != nil {
		return object{}, err
	}
	return object{"UpdateIssueCommentPayload", map[string]any{"issueComment": g.comment(pull, comment)}}, nil
}

func (g *graph) deleteIssueComment(input map[string]any) (object, error) {
	id, err := commentID(input["id"])
	if err != nil {
		return object{}, err
	}
	return object{"DeleteIssueCommentPayload", map[string]any{}}, g.store.remove(g.site, id)
}

func (g *graph) minimizeComment(input map[string]any) (object, error) {
	id, err := commentID(input["subjectId"])
	if err != nil {
		return object{}, err
	}
	reason := strings.ReplaceAll(strings.ToLower(fmt.Sprint(input["classifier"])), "_", "-")
	pull, comment, err := g.store.minimize(g.site, id, reason)
	if err != nil {
		return object{}, err
	}
	return object{"MinimizeCommentPayload", map[string]any{"minimizedComment": g.comment(pull, comment)}}, nil
}

func commentID(nodeID any) (int64, error) {
	kind, id, _ := parseNodeID(fmt.Sprint(nodeID))
	if kind != "IC" {
		return 0, errNotFound
	}
	return id, nil
}

func notFound(format string, values ...any) error {
	return queryError{"NOT_FOUND", fmt.Sprintf(format, values...)}
}

// integer reads the value of an Int, which comes in several types; of none it is 0.
func integer(value any) int {
	n, _ := strconv.Atoi(fmt.Sprint(value))
	return n
}
